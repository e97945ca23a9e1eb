"""What comes next: a daily series carried forward, with intervals held to its own past errors."""

from finops_lib.analysis.forecast.ahead import Outlook, backtest, forecast, outlook
from finops_lib.analysis.forecast.months import by_window, crossings, fan, tell

__all__ = ["Outlook", "backtest", "by_window", "crossings", "fan", "forecast", "outlook", "tell"]
