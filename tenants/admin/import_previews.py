"""The preview of a file: how it is read, the first records as they will be stored, and the button that tries it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from hub.files.problems import FileProblem
from tenants.admin import import_samples
from tenants.admin.import_base import ImportPages, import_looks
from tenants.admin.import_mapping import CHOICES, LABELS, Asked, Select, asked_of, said_of_form
from tenants.entities import entity_config
from tenants.imports.glancing import dialect_of
from tenants.imports.items import FileRefused
from tenants.imports.mapping import NO_ROWS, table_items
from tenants.imports.options import Options, OptionsRefused, read_options
from tenants.imports.problems import NotTaken
from tenants.imports.trying import is_open, try_out
from tenants.models import FileFormat, Import, Role

WRITTEN = ("encoding", "delimiter")  # what is said of the text itself
ANSWER = "Say it first, so that nothing is guessed:"


class PreviewPages(ImportPages):
    """The page where staff see how a file is read, say how it is to be read, and try it."""

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how a file is read; on POST as the form says it, and with `try` have it tried."""
        job = self.job_or_404(request, pk, Role.STAFF)
        if not is_open(job):
            return HttpResponseRedirect(self.address("change", job))
        try:
            return self.lines(request, job) if job.format == FileFormat.NDJSON else self.table(request, job)
        except (FileProblem, FileRefused) as error:
            return self.preview(request, job, unreadable=str(error), selects=ways(request, job), status=422)

    def lines(self, request: HttpRequest, job: Import) -> HttpResponse:
        """Show, or try, a file of NDJSON, about which there is nothing to say."""
        if request.method == "POST" and "try" in request.POST:
            return self.tried(request, job, {})
        return self.preview(request, job, records=import_samples.shown(job, import_samples.lines_of(job)))

    def table(self, request: HttpRequest, job: Import) -> HttpResponse:
        """Show, or try, a table: with what was said of it, by the form or by an earlier one."""
        wrong, options, columns = "", _stored(job), entity_config(job.entity).columns
        if request.method == "POST":
            options = _written(request, options)
        dialect = dialect_of(import_samples.unpacked(job), options) if job.format == FileFormat.CSV else None
        table = import_samples.rows_of(job, dialect)
        if not table:
            raise FileRefused(NO_ROWS)
        if request.method == "POST":
            try:
                options = said_of_form(request.POST.dict(), table[0].cells, columns)
            except OptionsRefused as refused:
                wrong = " ".join(refused.errors.values())
        asked = asked_of(job, table, options, dialect)
        records = [] if asked.problem else import_samples.shown(job, self.items(job, table, asked))
        wrong = wrong or asked.problem
        if request.method == "POST" and "try" in request.POST:
            wrong = wrong or (f"{ANSWER} {', '.join(asked.unanswered)}." if asked.unanswered else "")
            if not wrong:
                return self.tried(request, job, asked.suggestion.options.json)
        shown = {"asked": asked, "selects": asked.selects, "records": records, "wrong": wrong}
        return self.preview(request, job, **shown, status=400 if wrong and request.method == "POST" else 200)

    def items(self, job: Import, table: Any, asked: Asked) -> list[Any]:
        """Return the first records of a table, but for one that may go on after the rows that were read."""
        found = list(table_items(job.tenant, job.entity, iter(table), asked.suggestion.options))
        return found[:-1] if len(table) >= import_samples.SAMPLED else found

    def tried(self, request: HttpRequest, job: Import, options: dict[str, Any]) -> HttpResponse:
        """Have a file tried, and go where that is seen."""
        try:
            try_out(job, options)
        except NotTaken as error:
            return self.told(request, job, str(error))
        return HttpResponseRedirect(self.address("change", job))

    def preview(self, request: HttpRequest, job: Import, **shown: Any) -> HttpResponse:
        """Answer with the page."""
        records = shown.get("records", [])
        names = import_samples.names_of(job, records)
        import_looks(request, job, len(records))
        rows = [(record.line, record.cells(names), record.faults) for record in records]
        wrong_records = sum(bool(record.faults) for record in records)
        shown |= {"names": names, "rows": rows, "wrong_records": wrong_records, "is_table": job.format != "ndjson"}
        title = "Match the columns" if shown["is_table"] else "Look at the first records"
        return self.page(request, "tenants/import_preview.html", job, title=title, **shown)


def ways(request: HttpRequest, job: Import) -> list[Select]:
    """Return what may be said of a CSV file that can't be read: how it is written."""
    if job.format != FileFormat.CSV:
        return []
    said = {name: request.POST.get(name, job.options.get(name, "")) for name in WRITTEN}
    return [Select(name, LABELS[name], list(CHOICES[name].items()), value) for name, value in said.items()]


def _stored(job: Import) -> Options:
    """Return what was said of a file when it was tried before."""
    return read_options(job.options, entity_config(job.entity).columns)


def _written(request: HttpRequest, options: Options) -> Options:
    """Return how a table is written, as a form says it: its rows are read by that before its columns are asked of."""
    said = {name: request.POST.get(name, "") for name in WRITTEN}
    try:
        return read_options(said, entity_config("customers").columns)
    except OptionsRefused:
        return options
