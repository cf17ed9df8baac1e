"""POST /imports/{tenantId} and what is below: a file of records is sent, at once or in parts, and its job watched."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.api.pagination import DEFAULT_LIMIT, LIMIT
from hub.api.parameters import WRITES, Parameters, meaning, number, one_line, one_of, written
from hub.api.responses import success
from hub.middleware.bodies import announced
from hub.middleware.streaming import CutOff, awaiting_body, receive
from hub.records.faults import Fault, failed
from hub.records.types import required_text
from hub.sql.bigint import MOST_DIGITS
from tenants.api import uploads
from tenants.api.feed import ENTITY
from tenants.api.idempotency import answer_once, is_write, key_of, writes
from tenants.api.import_operations import IMPORTS, OPTIONS
from tenants.api.permissions import refuse_beyond
from tenants.api.uploads import UPLOAD_OFFSET, Upload
from tenants.api.views import TenantViewSet
from tenants.audit.looks import PERSONAL, Looks, count_look
from tenants.entities import entity_config
from tenants.imports import jobs, rejects, store
from tenants.imports.items import FileRefused
from tenants.imports.options import OptionsRefused, options_of_parameters
from tenants.imports.problems import NotTaken
from tenants.imports.reading import table_told
from tenants.models import Entity, FileFormat, Import, ImportState, Way
from tenants.scopes import ENTITIES, Scope, scope_of

MOST_NUMBER = 10**MOST_DIGITS - 1
MOST_NAME = 200
NEEDS_ENTITY = "Say what the file holds: entity=customers, entity=orders or entity=products."
NO_IMPORT = "Import not found."
EMPTY = "The file is empty: send at least one record, or no file."
OF_TABLES = "Only tables are read by options: an NDJSON file has none."
FILE_NAME = meaning(
    Annotated[str, required_text(MOST_NAME), written("one_line", one_line)],
    "What the file is called, for who reads the list of imports.",
)


class ImportViewSet(TenantViewSet):
    """A tenant's files of records: sent, started, watched, cancelled; what was rejected of each."""

    needs = {
        "create": Scope.WRITE,  # that of its entity: so of all that lead to a job
        "append": Scope.WRITE,
        "start": Scope.WRITE,
        "cancel": Scope.WRITE,
        "list": Scope.READ | Scope.WRITE,
        "retrieve": Scope.READ | Scope.WRITE,
        "rejected": Scope.READ | Scope.WRITE,
    }
    operations = IMPORTS
    http_method_names = ["get", "post", "patch", "delete", "head"]
    in_path = Parameters({"id": meaning(number(1, MOST_NUMBER), "The id of the import.")})
    in_query = {
        "create": Parameters(
            {"entity": meaning(ENTITY, "What the file holds.")},
            needs=all,
            otherwise=NEEDS_ENTITY,
            also={
                "upload": meaning(one_of("choice", ["parts"]), "`parts`: the file is sent in parts, by PATCH."),
                "fileName": FILE_NAME,
                **WRITES,
                **OPTIONS,
            },
        ),
        "list": Parameters(
            {
                "before": meaning(number(1, MOST_NUMBER), "The `next` of the page before."),
                "state": meaning(one_of("choice", ImportState.values), "Only imports in this state."),
                "limit": LIMIT,
            }
        ),
    }
    upload: Upload | None = None

    def read_sent(self, request: Request) -> bytes:
        """Read nothing: a file is taken as it comes. Raises ApiError 415 for what is none that can be read."""
        if self.action == "create":
            self.format, self.packing = uploads.format_of(request._request), uploads.packing_of(request._request)
        return b""

    @property
    def keeps_answer(self) -> bool:
        """Also of a dry run: its job is one."""
        return True

    @is_write
    def create(self, request: Request, **_: Any) -> HttpResponseBase:
        """Take a file whole and start its job, or begin an upload in parts; 202."""
        name = key_of(request)
        uploads.refuse_other_length(request._request)
        refuse_beyond(self.caller.scopes, scope_of("write", self.query["entity"]))
        if self.query.get("upload"):
            uploads.refuse_body(request._request)
            return answer_once(self, name, self._open)
        try:
            if (upload := receive(request._request, self._begin)) is None:
                return awaiting_body()
            upload.flush()
            uploads.refuse_shorter(upload)
        except (CutOff, NotTaken, FileRefused) as problem:
            raise self._broken_off(problem) from None
        return self._accept(name, upload)

    def _begin(self) -> Upload:
        request = self.request._request
        self.upload = Upload(self._created(uploads.length_in(request) or announced(request) or None), 0)
        return self.upload

    def _created(self, length: int | None) -> Import:
        return jobs.create(
            self.tenant,
            self.origin,
            entity=Entity(self.query["entity"]),
            format=self.format,
            packing=self.packing,
            file_name=self.query.get("fileName", ""),
            options=self._options(),
            is_dry_run=self.query.get("dryRun", False),
            announced=length,
        )

    def _options(self) -> Mapping[str, Any]:
        """Return how a table is to be read, where that is said; raises ApiError 400, ValidationFailed."""
        said = {name: self.query[name] for name in OPTIONS if name in self.query}
        if self.format == FileFormat.NDJSON:
            if said:
                raise ApiError(400, OF_TABLES)
            return {}
        try:
            return options_of_parameters(said, entity_config(self.query["entity"]).columns).json
        except OptionsRefused as refused:
            raise failed([Fault((name,), "option", text) for name, text in refused.errors.items()]) from None

    def _open(self) -> HttpResponse:
        try:
            job = self._created(uploads.length_in(self.request._request))
        except NotTaken as problem:
            raise uploads.refusal(problem) from None
        return self._told("Upload begun.", job, status=202)

    def _accept(self, name: str | None, upload: Upload) -> HttpResponse:
        """Start the job of a file that has come whole; one that came before under the same key is answered for."""
        try:
            if not upload.size:
                raise ApiError(400, EMPTY)
            self.sent = upload.digest  # what an Idempotency-Key tells from another file
            return answer_once(self, name, lambda: self._started(upload.job))
        finally:
            jobs.discard(upload.job)  # unless it was started

    def _broken_off(self, problem: CutOff | NotTaken | FileRefused) -> Exception:
        """Return the answer to a file that did not come whole. What came of it is kept where it can go on."""
        upload = self.upload or uploads.begun(self.request._request)
        if upload is None:
            return problem if isinstance(problem, CutOff) else uploads.refusal(problem)
        if isinstance(problem, CutOff) and problem.status != 413:
            try:
                upload.flush()
            except (NotTaken, FileRefused) as other:
                problem = other
        if uploads.is_in_vain(problem) or not upload.size:
            jobs.discard(upload.job)
            return problem if isinstance(problem, CutOff) else uploads.refusal(problem)
        return uploads.kept(problem, jobs.find(self.tenant, upload.job.pk) or upload.job)

    def append(self, request: Request, **_: Any) -> HttpResponseBase:
        """Take the next bytes of a file, from Upload-Offset on; 202, and where it ends by now."""
        job, start = self._mine(), uploads.offset_in(request._request)
        uploads.refuse_other_packing(request._request, job)
        try:
            if (upload := receive(request._request, lambda: self._go_on(job, start))) is None:
                return awaiting_body()
            upload.flush()
        except (CutOff, NotTaken, FileRefused) as problem:
            raise self._stopped(problem, job) from None
        told = uploads.as_it_is(upload.job)
        return success("Bytes taken.", told, {UPLOAD_OFFSET: str(upload.size)}, status=202)

    def _go_on(self, job: Import, start: int) -> Upload:
        store.expect(job, start)
        self.upload = Upload(job, start)
        return self.upload

    def _stopped(self, problem: CutOff | NotTaken | FileRefused, job: Import) -> Exception:
        """Return the answer to bytes that were not all taken."""
        upload = self.upload or uploads.begun(self.request._request) or Upload(job, job.size)
        try:
            upload.flush()
        except (NotTaken, FileRefused) as other:
            problem = other
        return uploads.kept(problem, jobs.find(self.tenant, upload.job.pk) or upload.job)

    @writes
    def start(self, request: Request, **_: Any) -> HttpResponse:
        """Start the job of a file that has come in parts, or for real after a dry run; 202."""
        return self._started(self._mine())

    def _started(self, job: Import) -> HttpResponse:
        try:
            jobs.start(job)
        except NotTaken as problem:
            raise uploads.refusal(problem, job) from None
        return self._told("Import started.", job, status=202)

    @writes
    def cancel(self, request: Request, **_: Any) -> HttpResponse:
        """End a job; what it has stored stays."""
        job = self._mine()
        jobs.cancel(job)
        return self._told("Import cancelled." if job.is_cancelled else "Import ended before.", job)

    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with a job as it is."""
        job = self._mine()
        self._look(job, len(job.changes) if self._may_read(job) else 0)
        return self._told("Import found.", job)

    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the last jobs of what the key may read or write, the newest first, without differences."""
        limit = self.query.get("limit", DEFAULT_LIMIT)
        entities = [entity for entity in ENTITIES if self._of(entity) & self.caller.scopes]
        found = jobs.newest(
            self.tenant, entities, state=self.query.get("state"), before=self.query.get("before"), limit=limit + 1
        )
        results = [jobs.tell(job, with_changes=False) for job in found[:limit]]
        return success("Imports found.", {"results": results, "next": results[-1]["id"] if found[limit:] else None})

    def rejected(self, request: Request, **_: Any) -> HttpResponseBase:
        """Answer with the rejected rows of a job, as they came, with what is wrong with each: a stream."""
        job = self._mine()
        self._look(job, job.rejected)
        is_table = job.format != FileFormat.NDJSON
        kind, ending = ("text/csv; charset=utf-8", "csv") if is_table else ("application/x-ndjson", "ndjson")
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="rejected-{job.pk}.{ending}"',
        }
        return StreamingHttpResponse(rejects.written(job), content_type=kind, headers=headers)

    def _of(self, entity: str) -> Scope:
        return scope_of("read", entity) | scope_of("write", entity)

    def _mine(self) -> Import:
        """Return the job that the path names; raises ApiError 404 for none, 403 for one of what the key may not see."""
        job = jobs.find(self.tenant, self.ids["id"])
        if job is None:
            raise ApiError(404, NO_IMPORT)
        refuse_beyond(self.caller.scopes, self.needs[self.action] & self._of(job.entity))
        return job

    def _look(self, job: Import, records: int) -> None:
        """Count a look at what a job holds of persons."""
        if records and job.entity in PERSONAL:
            key_id = self.origin.api_key_id
            count_look(Looks(self.tenant.pk, Entity(job.entity), Way.API_LIST, api_key_id=key_id, records=records))

    def _told(self, message: str, job: Import, *, status: int = 200) -> HttpResponse:
        """Answer with a job: what a dry run would change is for keys that may read it."""
        headers = {UPLOAD_OFFSET: str(job.size)} if job.state == ImportState.UPLOADING else {}
        told = jobs.tell(job, with_changes=self._may_read(job))
        if table := table_told(job):
            told["table"] = table
        return success(message, told, headers, status=status)

    def _may_read(self, job: Import) -> bool:
        return bool(self.caller.scopes & scope_of("read", job.entity))
