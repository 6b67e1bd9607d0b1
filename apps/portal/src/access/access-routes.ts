import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { app, words } from '../app-route.ts'

const area = createRoute({
  getParentRoute: () => app,
  path: '/access',
  component: lazyRouteComponent(() => import('./access-layout.tsx'), 'AccessLayout'),
})

const overview = createRoute({
  getParentRoute: () => area,
  path: '/',
  component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
})
const users = createRoute({
  getParentRoute: () => area,
  path: '/users',
  validateSearch: words('user', 'search', 'new'),
  component: lazyRouteComponent(() => import('./people/users-page.tsx'), 'UsersPage'),
})
const groups = createRoute({
  getParentRoute: () => area,
  path: '/groups',
  validateSearch: words('group', 'search'),
  component: lazyRouteComponent(() => import('./people/groups-page.tsx'), 'GroupsPage'),
})
const serviceAccounts = createRoute({
  getParentRoute: () => area,
  path: '/service-accounts',
  validateSearch: words('project', 'account'),
  component: lazyRouteComponent(() => import('./people/accounts-page.tsx'), 'AccountsPage'),
})
const roles = createRoute({
  getParentRoute: () => area,
  path: '/roles',
  validateSearch: words('role'),
  component: lazyRouteComponent(() => import('./grants/roles-page.tsx'), 'RolesPage'),
})
const bindings = createRoute({
  getParentRoute: () => area,
  path: '/bindings',
  validateSearch: words('search', 'subject', 'role', 'domain', 'give'),
  component: lazyRouteComponent(() => import('./grants/bindings-page.tsx'), 'BindingsPage'),
})
const constraints = createRoute({
  getParentRoute: () => area,
  path: '/constraints',
  component: lazyRouteComponent(() => import('./grants/constraints-page.tsx'), 'ConstraintsPage'),
})
const freezes = createRoute({
  getParentRoute: () => area,
  path: '/freezes',
  component: lazyRouteComponent(() => import('./grants/freezes-page.tsx'), 'FreezesPage'),
})
const requests = createRoute({
  getParentRoute: () => area,
  path: '/requests',
  validateSearch: words('state', 'ask', 'role', 'domain', 'reason', 'request', 'glass'),
  component: lazyRouteComponent(() => import('./grants/requests-page.tsx'), 'RequestsPage'),
})
const policy = createRoute({
  getParentRoute: () => area,
  path: '/policy',
  validateSearch: words('view', 'changeSet'),
  component: lazyRouteComponent(() => import('./policy/policy-page.tsx'), 'PolicyPage'),
})
const rules = createRoute({
  getParentRoute: () => area,
  path: '/rules',
  validateSearch: words('search', 'subject'),
  component: lazyRouteComponent(() => import('./policy/rules-page.tsx'), 'RulesPage'),
})
const changes = createRoute({
  getParentRoute: () => area,
  path: '/changes',
  validateSearch: words('state'),
  component: lazyRouteComponent(() => import('./policy/changes-page.tsx'), 'ChangesPage'),
})
const changeSet = createRoute({
  getParentRoute: () => area,
  path: '/changes/$changeSet',
  validateSearch: words('diff', 'days'),
  component: lazyRouteComponent(() => import('./policy/change-set-page.tsx'), 'ChangeSetPage'),
})
const history = createRoute({
  getParentRoute: () => area,
  path: '/history',
  validateSearch: words('from', 'to', 'diff'),
  component: lazyRouteComponent(() => import('./policy/history-page.tsx'), 'HistoryPage'),
})
const tests = createRoute({
  getParentRoute: () => area,
  path: '/tests',
  component: lazyRouteComponent(() => import('./policy/tests-page.tsx'), 'TestsPage'),
})
const explain = createRoute({
  getParentRoute: () => area,
  path: '/explain',
  validateSearch: words('subject', 'action', 'object', 'domain', 'at', 'address'),
  component: lazyRouteComponent(() => import('./ask/explain-page.tsx'), 'ExplainPage'),
})
const whoCan = createRoute({
  getParentRoute: () => area,
  path: '/who-can',
  validateSearch: words('action', 'object', 'domain', 'at', 'address'),
  component: lazyRouteComponent(() => import('./ask/who-can-page.tsx'), 'WhoCanPage'),
})
const whatCan = createRoute({
  getParentRoute: () => area,
  path: '/what-can',
  validateSearch: words('subject', 'search'),
  component: lazyRouteComponent(() => import('./ask/what-can-page.tsx'), 'WhatCanPage'),
})
const viewAs = createRoute({
  getParentRoute: () => area,
  path: '/view-as',
  validateSearch: words('subject'),
  component: lazyRouteComponent(() => import('./ask/view-as-page.tsx'), 'ViewAsPage'),
})
const review = createRoute({
  getParentRoute: () => area,
  path: '/review',
  validateSearch: words('domain', 'days', 'show', 'search'),
  component: lazyRouteComponent(() => import('./watch/review-page.tsx'), 'ReviewPage'),
})
const audit = createRoute({
  getParentRoute: () => area,
  path: '/audit',
  validateSearch: words(
    'search',
    'actor',
    'action',
    'outcome',
    'project',
    'object',
    'since',
    'until',
    'requestId',
    'entry',
  ),
  component: lazyRouteComponent(() => import('./watch/audit-page.tsx'), 'AuditPage'),
})
const decisions = createRoute({
  getParentRoute: () => area,
  path: '/decisions',
  validateSearch: words('subject', 'domain', 'allowed', 'entry'),
  component: lazyRouteComponent(() => import('./watch/decisions-page.tsx'), 'DecisionsPage'),
})
const providers = createRoute({
  getParentRoute: () => area,
  path: '/providers',
  validateSearch: words('provider'),
  component: lazyRouteComponent(() => import('./sign-in/providers-page.tsx'), 'ProvidersPage'),
})
const keys = createRoute({
  getParentRoute: () => area,
  path: '/keys',
  component: lazyRouteComponent(() => import('./sign-in/keys-page.tsx'), 'KeysPage'),
})

/** The area of access: one frame, a page for each question, each with an address of its own. */
export const access = area.addChildren([
  overview,
  users,
  groups,
  serviceAccounts,
  roles,
  bindings,
  constraints,
  freezes,
  requests,
  policy,
  rules,
  changes,
  changeSet,
  history,
  tests,
  explain,
  whoCan,
  whatCan,
  viewAs,
  review,
  audit,
  decisions,
  providers,
  keys,
])
