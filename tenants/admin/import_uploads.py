"""Where a file is uploaded: in one form where it is small, else by the page's script in parts, each with its offset."""

from typing import Any

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from hub.sql.bigint import is_bigint
from tenants.admin.access import tenants_of
from tenants.admin.import_base import PART, ImportPages
from tenants.admin.records import origin_of
from tenants.imports import jobs, store
from tenants.imports.items import FileRefused
from tenants.imports.problems import MOST_BYTES, NoRoom, NotTaken, WrongOffset
from tenants.imports.recognising import HEAD, recognised
from tenants.models import Entity, Import, ImportState, Role, Tenant
from tenants.quarantine.keeping import printable

MOST_OF_A_NAME = 200


class UploadForm(forms.Form):
    """A file of records, whose they are and what they are; `size` is what the script announces, of a file in parts."""

    tenant = forms.ModelChoiceField(Tenant.objects.none(), empty_label=None)
    entity = forms.ChoiceField(choices=Entity.choices)
    file = forms.FileField(allow_empty_file=True, error_messages={"required": "Choose a file."})
    size = forms.IntegerField(required=False, min_value=0, max_value=MOST_BYTES)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["tenant"]
        choice.queryset = tenants_of(request.user, Role.STAFF).order_by("name")

    def clean_file(self) -> Any:
        """Take a file whose beginning says what it is."""
        file: Any = self.cleaned_data["file"]
        try:
            self.recognised = recognised(file.name or "", file.read(HEAD))
        except FileRefused as error:
            raise forms.ValidationError(str(error)) from None
        file.seek(0)
        return file

    def begin(self, request: HttpRequest) -> Import:
        """Begin the import of the file."""
        found, file = self.cleaned_data, self.cleaned_data["file"]
        kind, packing = self.recognised
        size = file.size if found["size"] is None else found["size"]
        name = " ".join(printable(file.name or "").split())[:MOST_OF_A_NAME]
        return jobs.create(
            found["tenant"],
            origin_of(request),
            entity=Entity(found["entity"]),
            format=kind,
            packing=packing,
            file_name=name,
            announced=size,
            is_dry_run=True,
        )


class UploadPages(ImportPages):
    """The page where a file is chosen, and where its parts are sent to."""

    add_role = Role.STAFF

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a file; on POST begin its import: of a whole file, or of one whose parts follow."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.upload_page(request, UploadForm(request, initial=self.again(request)))
        form = UploadForm(request, request.POST, request.FILES)
        if not form.is_valid():
            return self.refused(request, form)
        try:
            job = form.begin(request)
        except NotTaken as error:
            form.add_error(None, str(error))
            return self.refused(request, form)
        if "size" in request.POST:
            return JsonResponse({name: self.address(name, job) for name in ("part", "preview", "cancel")})
        store.append(job, 0, form.cleaned_data["file"].read())
        return HttpResponseRedirect(self.address("preview", job))

    def refused(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        """Say what is wrong with a file, or with what was said of it: to the script, else on the page."""
        errors = [str(text) for texts in form.errors.values() for text in texts]
        if "size" in request.POST:
            return JsonResponse({"errors": errors}, status=400)
        return self.upload_page(request, form, status=400)

    def again(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the form begins with: what a former import, or the address, was about."""
        text = request.GET.get("again", "")
        former = self.get_queryset(request).filter(pk=text).first() if is_bigint(text) else None
        return {"tenant": former.tenant_id, "entity": former.entity} if former else {}

    def upload_page(self, request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
        tenants = list(form.fields["tenant"].queryset)  # type: ignore[attr-defined]
        chosen = form["tenant"].value()
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Import a file"}
        context |= {"form": form, "tenants": tenants, "chosen": str(chosen or ""), "entities": Entity.choices}
        context |= {"entity": form["entity"].value() or "", "part": PART, "most": MOST_BYTES}
        context |= {"errors": [text for texts in form.errors.values() for text in texts]}
        context["back"] = reverse("admin:tenants_import_changelist")
        return TemplateResponse(request, "tenants/import_upload.html", context, status=status)

    def part_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say how much of a file has come; on POST take the part that begins at Upload-Offset, and say it then.

        409 with the size where the part begins elsewhere: whoever sends it goes on from there.
        """
        job = self.job_or_404(request, pk, Role.STAFF)
        if job.user_id != request.user.pk:
            raise PermissionDenied
        if job.state != ImportState.UPLOADING:
            return JsonResponse({"errors": ["This import takes no more of a file."], "size": job.size}, status=410)
        if request.method != "POST":
            return JsonResponse({"size": job.size})
        start = request.headers.get("Upload-Offset", "")
        is_too_much = job.size + len(request.body) > (job.announced or 0)
        if not is_bigint(start) or (int(start) == job.size and is_too_much):
            raise BadRequest
        return self.taken(job, int(start), request.body)

    def taken(self, job: Import, start: int, data: bytes) -> HttpResponse:
        """Append a part, and answer what has come by now."""
        try:
            return JsonResponse({"size": store.append(job, start, data)})
        except WrongOffset as wrong:
            return JsonResponse({"size": wrong.size}, status=409)
        except NoRoom as error:
            return JsonResponse({"errors": [str(error)]}, status=507)
        except (NotTaken, FileRefused) as error:
            return JsonResponse({"errors": [str(error)]}, status=410)
