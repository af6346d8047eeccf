"""Addresses of people."""

from django.urls import path

from .views import account, activity, sign_in, teams

app_name = "people"

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/link/<str:secret>/", sign_in.sign_in_link, name="sign-in-link"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/tokens/", account.token_new, name="token-new"),
    path("account/tokens/<int:token_id>/revoke/", account.token_end, name="token-end"),
    path("account/sessions/end/", account.sessions_off, name="sessions-off"),
    path("teams/", teams.teams, name="teams"),
    path("team/<slug:slug>/", teams.team_page, name="team"),
    path("team/<slug:slug>/members/", teams.member_new, name="member-new"),
    path("team/<slug:slug>/members/<str:username>/role/", teams.member_role, name="member-role"),
    path("team/<slug:slug>/members/<str:username>/remove/", teams.member_out, name="member-out"),
    path("team/<slug:slug>/members/<str:username>/link/", teams.member_link, name="member-link"),
    path("activity/", activity.activity, name="activity"),
    path("activity/export.csv", activity.activity_csv, name="activity-csv"),
]
