"""The report of a run: report.md, the self-contained report.html and plots/, from what the run has written down.

record       what stands in the run's folder
sections     what is to be told of the whole run; stages: of each stage; examination: of what the models can do;
             preferences: of reward models and what follows them
commands     what to type to get the numbers again
blocks       the report as data: sections of paragraphs, tables, plots, samples
markdown, html, plots   the blocks as files
write        all of it
"""

from pyllm.report.write import write_report

__all__ = ["write_report"]
