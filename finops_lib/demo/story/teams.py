"""Who the company is: its accounts, teams, projects and people, and how carelessly they tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PAYER = "123456789012"
PRODUCTION = "111122223333"
DEVELOPMENT = "444455556666"
RESEARCH = "777788889999"

ACCOUNTS = {
    PAYER: "halcyon-payer",
    PRODUCTION: "ml-production",
    DEVELOPMENT: "ml-development",
    RESEARCH: "ml-research",
}
"""The payer and its linked accounts (numbers that AWS's own documentation uses as examples)."""

MAIN_REGION = "us-east-1"
SECOND_REGION = "us-west-2"
REQUIRED_KEYS = ("environment", "team", "project", "cost_center", "owner")


@dataclass(frozen=True)
class Owner:
    """Whose a resource truly is, whatever its tags say."""

    team: str
    project: str
    environment: str

    @property
    def account(self) -> str:
        """The account in which the owner works."""
        if self.team == "ml-research":
            return RESEARCH
        return PRODUCTION if self.environment == "prod" else DEVELOPMENT

    def tags(self) -> dict[str, str]:
        """The five tags that the company's policy asks for."""
        return {
            "environment": self.environment,
            "team": self.team,
            "project": self.project,
            "cost_center": COST_CENTERS[self.team],
            "owner": PEOPLE[self.team],
        }


COST_CENTERS = {"ml-platform": "cc-1001", "data-science": "cc-1002", "ml-research": "cc-1003"}
PEOPLE = {
    "ml-platform": "priya@halcyon.example",
    "data-science": "tomas@halcyon.example",
    "ml-research": "ingrid@halcyon.example",
}

FRAUD = Owner("ml-platform", "fraud-detection", "prod")
FRAUD_STAGING = Owner("ml-platform", "fraud-detection", "staging")
SERVING = Owner("ml-platform", "model-serving", "prod")
SERVING_DEV = Owner("ml-platform", "model-serving", "dev")
RECS = Owner("data-science", "recommendations", "prod")
RECS_STAGING = Owner("data-science", "recommendations", "staging")
RECS_DEV = Owner("data-science", "recommendations", "dev")
CHURN = Owner("data-science", "churn-prediction", "prod")
VISION = Owner("ml-research", "vision-search", "dev")
LANGUAGE = Owner("ml-research", "language-models", "dev")

TEAM_SPELLINGS = {
    "ml-platform": ("ML-Platform", "mlplatform", "ml_platform", "ml-platfrom"),
    "data-science": ("DataScience", "data science", "DATA-SCIENCE"),
    "ml-research": ("research", "ML Research", "ml-reserch"),
}
ENVIRONMENT_SPELLINGS = {
    "prod": ("production", "PROD", "prd"),
    "staging": ("stage", "stg"),
    "dev": ("development", "Dev"),
}
KEY_SPELLINGS = {
    "team": "Team",
    "environment": "env",
    "project": "Project",
    "cost_center": "CostCenter",
    "owner": "Owner",
}

FULL_SHARE = 0.20
BARE_SHARE = 0.30


def tag_qualities(count: int, seed: int) -> list[str]:
    """`count` of "full", "bare" and "partial" in the company's shares, shuffled."""
    full, bare = round(FULL_SHARE * count), round(BARE_SHARE * count)
    qualities = np.array(["full"] * full + ["bare"] * bare + ["partial"] * (count - full - bare))
    np.random.default_rng(seed).shuffle(qualities)
    return [str(quality) for quality in qualities]


def careless_tags(owner: Owner, quality: str, rng: np.random.Generator) -> dict[str, str]:
    """The owner's tags as people really set them: all, none, or some, misspelled and with odd keys."""
    if quality == "bare":
        return {}
    if quality == "full":
        return owner.tags()
    dropped = set(rng.choice(REQUIRED_KEYS, size=int(rng.integers(1, 4)), replace=False))
    kept = {key: value for key, value in owner.tags().items() if key not in dropped}
    return {
        (KEY_SPELLINGS[key] if rng.random() < 0.15 else key): _misspell(key, value, rng)
        for key, value in kept.items()
    }


def _misspell(key: str, value: str, rng: np.random.Generator) -> str:
    spellings = {"team": TEAM_SPELLINGS, "environment": ENVIRONMENT_SPELLINGS}.get(key, {})
    if value not in spellings or rng.random() > 0.45:
        return value
    return str(rng.choice(spellings[value]))
