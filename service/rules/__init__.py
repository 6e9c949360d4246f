"""Rules: the script engine port, its engine, the default rules and what rules see."""
