pytest_plugins = ["tests.references"]
