"""What operations are called in the description, and by the clients that are made from it.

One rule: a verb for the method and the nouns of the path, as `listGoals`, `createGoal`, `getGoal`,
`updateGoal`, `deleteGoal`.  What does something else than read and write has a name here.
"""

from typing import Final

# A path whose last part is a verb, or that says nothing by its nouns.
NAMED: Final = {
    "POST /v1/auth/register": "registerAccount",
    "POST /v1/auth/login": "logIn",
    "POST /v1/auth/logout": "logOut",
    "POST /v1/auth/refresh": "refreshToken",
    "POST /v1/auth/challenge": "answerChallenge",
    "POST /v1/auth/challenge/options": "getChallengeOptions",
    "GET /v1/auth/csrf": "getCsrfToken",
    "GET /v1/auth/devices": "listTrustedDevices",
    "DELETE /v1/auth/devices/{id}": "deleteTrustedDevice",
    "POST /v1/auth/email": "requestEmailChange",
    "POST /v1/auth/email/confirm": "confirmEmailChange",
    "POST /v1/auth/email/undo": "undoEmailChange",
    "POST /v1/auth/verify-email": "verifyEmail",
    "POST /v1/auth/verify-email/resend": "resendVerificationEmail",
    "POST /v1/auth/additions/confirm": "confirmAddition",
    "POST /v1/auth/additions/disown": "disownAddition",
    "POST /v1/auth/password/change": "changePassword",
    "POST /v1/auth/password/forgot": "requestPasswordReset",
    "POST /v1/auth/password/reset": "resetPassword",
    "POST /v1/auth/passkeys": "registerPasskey",
    "POST /v1/auth/passkeys/options": "getPasskeyRegistrationOptions",
    "POST /v1/auth/passkeys/login": "logInWithPasskey",
    "POST /v1/auth/passkeys/login/options": "getPasskeyLoginOptions",
    "POST /v1/auth/recovery-codes": "createRecoveryCodes",
    "POST /v1/auth/step-up": "stepUp",
    "POST /v1/auth/step-up/options": "getStepUpOptions",
    "POST /v1/auth/totp/enrol": "enrolTotp",
    "POST /v1/auth/totp/confirm": "confirmTotp",
    "POST /v1/auth/totp/disable": "disableTotp",
    "POST /v1/auth/identities": "linkIdentity",
    "DELETE /v1/auth/identities/{id}": "unlinkIdentity",
    "POST /v1/auth/nonce": "createNonce",
    "POST /v1/auth/{provider}/token": "logInWithProvider",
    "DELETE /v1/auth/grants/{client}": "revokeGrant",
    "DELETE /v1/auth/sessions": "endSessions",
    "DELETE /v1/auth/sessions/{id}": "endSession",
    "PATCH /v1/auth/sessions/{id}": "renameSession",
    "GET /v1/auth/factors": "getFactors",
    "GET /v1/me": "getMe",
    "PATCH /v1/me": "updateMe",
    "DELETE /v1/clients/{client}": "endClientRelation",
    "GET /v1/clients/{client}/journal": "listClientJournalEntries",
    "GET /v1/clients/{client}/journal/{id}": "getClientJournalEntry",
    "GET /v1/coach/insights": "listInsights",
    "GET /v1/coach/insights/{id}": "getInsight",
    "GET /v1/goals/assessments": "listGoalAssessments",
    "GET /v1/goals/{id}/history": "listGoalChanges",
    "GET /v1/goals/{id}/progress": "listGoalPoints",
    "PUT /v1/goals/{id}/progress/{point}": "setGoalPoint",
    "DELETE /v1/goals/{id}/progress/{point}": "deleteGoalPoint",
    "POST /v1/goals/{id}/undo": "undoGoalChange",
    "GET /v1/goals/templates/ready": "listReadyGoalTemplates",
    "GET /v1/habits/analytics": "getHabitsAnalytics",
    "GET /v1/habits/today": "listHabitsOfDay",
    "POST /v1/habits/{id}/entries": "logHabit",
    "POST /v1/imports/csv/habits": "importCsvHabits",
    "POST /v1/imports/csv/journal": "importCsvJournal",
    "POST /v1/imports/csv/moods": "importCsvMoods",
    "POST /v1/imports/csv/tasks": "importCsvTasks",
    "POST /v1/imports/daylio": "importDaylio",
    "POST /v1/imports/dayone": "importDayOne",
    "POST /v1/imports/habitica": "importHabitica",
    "POST /v1/imports/loop": "importLoop",
    "POST /v1/imports/streaks": "importStreaks",
    "POST /v1/invitations/accept": "acceptInvitation",
    "POST /v1/invitations/look": "lookUpInvitation",
    "DELETE /v1/invitations/{id}": "withdrawInvitation",
    "GET /v1/journal": "listJournalEntries",
    "POST /v1/journal": "createJournalEntry",
    "GET /v1/journal/{id}": "getJournalEntry",
    "PATCH /v1/journal/{id}": "updateJournalEntry",
    "DELETE /v1/journal/{id}": "trashJournalEntry",
    "GET /v1/journal/journals": "listJournals",
    "POST /v1/journal/journals": "createJournal",
    "GET /v1/journal/journals/{id}": "getJournal",
    "PATCH /v1/journal/journals/{id}": "updateJournal",
    "DELETE /v1/journal/journals/{id}": "deleteJournal",
    "GET /v1/journal/on-this-day": "listJournalEntriesOnThisDay",
    "GET /v1/journal/search": "searchJournalEntries",
    "GET /v1/journal/trash": "listTrashedJournalEntries",
    "DELETE /v1/journal/trash/{id}": "purgeJournalEntry",
    "PUT /v1/journal/{id}/draft": "saveJournalDraft",
    "POST /v1/journal/{id}/restore": "restoreJournalEntry",
    "GET /v1/journal/{id}/shares": "listJournalEntryShares",
    "PUT /v1/journal/{id}/shares/{coach}": "shareJournalEntry",
    "DELETE /v1/journal/{id}/shares/{coach}": "unshareJournalEntry",
    "GET /v1/journal/{id}/versions": "listJournalEntryVersions",
    "GET /v1/journal/{id}/versions/{version}": "getJournalEntryVersion",
    "POST /v1/journal/{id}/versions/{version}/restore": "restoreJournalEntryVersion",
    "GET /v1/live": "openLive",
    "GET /v1/admin/live": "followInstallation",
    "GET /v1/admin/audit": "listAuditEntries",
    "POST /v1/jobs/{id}/cancel": "cancelJob",
    "POST /v1/live/tickets": "createLiveTicket",
    "POST /v1/mutations": "sendMutations",
    "GET /v1/notifications/unread-count": "getUnreadCount",
    "POST /v1/notifications/read-all": "markAllNotificationsRead",
    "POST /v1/notifications/seen-all": "markAllNotificationsSeen",
    "GET /v1/notifications/preferences": "getNotificationPreferences",
    "PATCH /v1/notifications/preferences": "updateNotificationPreferences",
    "POST /v1/push-devices": "registerPushDevice",
    "GET /v1/push-devices/web-key": "getWebPushKey",
    "PUT /v1/shares/{coach}": "shareWithCoach",
    "DELETE /v1/shares/{coach}": "endCoachRelation",
    "PUT /v1/tasks/{id}/done": "completeTask",
    "DELETE /v1/tasks/{id}/done": "reopenTask",
    "GET /asyncapi.json": "getAsyncApi",
    "GET /openapi.json": "getOpenApi",
    "GET /upcoach.mjs": "getBrowserClient",
    "GET /upcoach.d.mts": "getBrowserClientTypes",
    "GET /docs": "getDocs",
    "GET /livez": "getLiveness",
    "GET /readyz": "getReadiness",
    "GET /oauth/authorize": "authorize",
    "POST /oauth/authorize": "authorizeByForm",
    "POST /oauth/device": "createDeviceCodes",
    "GET /oauth/device": "getDevicePage",
    "POST /oauth/introspect": "introspectToken",
    "GET /oauth/jwks": "getJwks",
    "POST /oauth/par": "pushAuthorizationRequest",
    "POST /oauth/revoke": "revokeToken",
    "POST /oauth/token": "createToken",
    "GET /oauth/userinfo": "getUserInfo",
    "POST /oauth/userinfo": "getUserInfoByForm",
    "GET /.well-known/oauth-authorization-server": "getAuthorizationServerMetadata",
    "GET /.well-known/openid-configuration": "getOpenIdConfiguration",
    "GET /.well-known/oauth-protected-resource/v1": "getApiMetadata",
    "GET /.well-known/oauth-protected-resource/v1/admin": "getAdminMetadata",
    "GET /.well-known/oauth-protected-resource/v1/live": "getLiveMetadata",
}
_OF_COLLECTION: Final = {"GET": "list", "POST": "create", "DELETE": "delete"}
_OF_ITEM: Final = {"GET": "get", "PUT": "set", "PATCH": "update", "DELETE": "delete", "POST": "do"}
# What stands for one thing although it ends as a plural does.
_ALONE: Final = ("analytics", "stats", "progress")


def operation_id(method: str, path: str) -> str:
    """The name of an operation, which no other has.

    Examples
    --------
    >>> [operation_id(method, "/v1/goals") for method in ("GET", "POST")]
    ['listGoals', 'createGoal']
    >>> operation_id("PUT", "/v1/habits/{id}/entries/{local_date}")
    'setHabitEntry'
    >>> operation_id("GET", "/v1/moods/stats"), operation_id("POST", "/v1/goals/{id}/undo")
    ('getMoodStats', 'undoGoalChange')

    """
    named = NAMED.get(f"{method} {path}")
    if named is not None:
        return named
    parts = path.removeprefix("/v1").removeprefix("/auth").strip("/").split("/")
    nouns = [part for part in parts if not part.startswith("{")]
    last = nouns[-1]
    is_collection = parts[-1] == last and singular(last) != last
    verb = (_OF_COLLECTION if is_collection else _OF_ITEM)[method]
    shown = last if verb == "list" else singular(last)
    return verb + "".join(map(_capitalized, (*map(singular, nouns[:-1]), shown)))


def singular(noun: str) -> str:
    """One of what *noun* says.

    Examples
    --------
    >>> [singular(noun) for noun in ("goals", "entries", "stats", "today")]
    ['goal', 'entry', 'stats', 'today']

    """
    if noun in _ALONE:
        return noun
    return f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")


def _capitalized(noun: str) -> str:
    return "".join(word.capitalize() for word in noun.replace(".", "-").split("-"))
