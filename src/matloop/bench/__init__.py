"""Problems with known answers, metrics, backtests and comparisons."""
