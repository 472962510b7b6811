"""Checks of situations out of public bug reports. Called by scripts/check/reports.

One module per part of the program; each check is a function marked with the name of its folder:

    @situation("99-gzip-of-macos")
    def _(case):
        run = case.run()
        case.equal("exit code", run.exit, 0)
        case.equal("documents", len(run.kept()), 5)
"""
