import type { Stop } from './walk-portal.ts'

/** Every page of the area of access, and those of one's own account. */
export const accessStopsOf = (project: string): readonly Stop[] => [
  { name: 'access-overview', path: '/access', sees: /who may do what|waits? for your decision/i },
  { name: 'access-requests', path: '/access/requests', sees: /requests for access/i },
  { name: 'access-freezes', path: '/access/freezes', sees: /freezes/i },
  { name: 'access-users', path: '/access/users', sees: /user/i },
  { name: 'access-groups', path: '/access/groups', sees: /groups/i },
  { name: 'access-service-accounts', path: `/access/service-accounts?project=${project}`, sees: /service accounts/i },
  { name: 'access-roles', path: '/access/roles', sees: /held by/i },
  { name: 'access-bindings', path: '/access/bindings', sees: /binding/i },
  { name: 'access-constraints', path: '/access/constraints', sees: /separation of duties/i },
  { name: 'access-policy', path: '/access/policy', sees: /revision \d+ in force/i },
  { name: 'access-rules', path: '/access/rules', sees: /rules/i },
  { name: 'access-changes', path: '/access/changes', sees: /change sets/i },
  { name: 'access-history', path: '/access/history', sees: /history/i },
  { name: 'access-tests', path: '/access/tests', sees: /policy tests/i },
  {
    name: 'access-explain',
    path: `/access/explain?action=approve&object=change-request&domain=${project}/production`,
    sees: /allowed:|denied:/i,
  },
  {
    name: 'access-who-can',
    path: `/access/who-can?action=approve&object=change-request&domain=${project}/production`,
    sees: /who can/i,
  },
  { name: 'access-what-can', path: '/access/what-can', sees: /rights? of/i },
  { name: 'access-view-as', path: '/access/view-as', sees: /view as/i },
  { name: 'access-review', path: '/access/review', sees: /grants/i },
  { name: 'access-audit', path: '/access/audit', sees: /ledger/i },
  { name: 'access-decisions', path: '/access/decisions', sees: /decisions/i },
  { name: 'access-providers', path: '/access/providers', sees: /providers/i },
  { name: 'access-keys', path: '/access/keys', sees: /identity tokens of jobs/i },
  { name: 'account', path: '/account', sees: /my tokens/i },
  { name: 'device', path: '/device', sees: /device/i },
]
