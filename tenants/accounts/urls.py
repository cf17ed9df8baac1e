"""The addresses of the account's pages, below /admin/. allauth asks for those named account_…, mfa_… and so on."""

from django.urls import path, re_path

from tenants.accounts import factors, invitations, login, openid, passwords, sessions, tenants

urlpatterns = [
    path("login/", login.LogIn.as_view(), name="account_login"),
    path("login/factor/", login.SecondFactor.as_view(), name="mfa_authenticate"),
    path("login/passkey/", login.PasskeyLogIn.as_view(), name="mfa_login_webauthn"),
    path("login/again/", login.Again.as_view(), name="account_reauthenticate"),
    path("login/again/code/", login.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("login/again/passkey/", login.PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("openid/<str:provider_id>/", openid.begin, name="openid_connect_login"),
    path("openid/<str:provider_id>/callback/", openid.end, name="openid_connect_callback"),
    path("password_change/", passwords.ChangePassword.as_view(), name="change_password"),
    path("password/forgotten/", passwords.Forgotten.as_view(), name="forgotten_password"),
    path("password/<uidb64>/<token>/", passwords.NewPassword.as_view(), name="reset_password_confirm"),
    re_path(r"^invitation/(?P<text>[\w-]{1,100})/$", invitations.Accept.as_view(), name="invitation"),
    path("account/", factors.Factors.as_view(), name="mfa_index"),
    path("account/app/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/passkeys/add/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", factors.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("account/codes/", factors.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/codes/new/", factors.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/sessions/", sessions.Sessions.as_view(), name="usersessions_list"),
    path("account/sessions/<int:pk>/end/", sessions.end_session, name="end_session"),
    path("account/tenants/", tenants.OwnTenants.as_view(http_method_names=["get", "head"]), name="own_tenants"),
    re_path(
        r"^account/tenants/(?P<pk>\d{1,18})/(?P<answer>leave|agree)/$",
        tenants.OwnTenants.as_view(http_method_names=["post"]),
        name="answer_tenant",
    ),
]
