import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { app, words } from '../app-route.ts'

const project = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/schemas',
  component: lazyRouteComponent(() => import('./project/schemas-page.tsx'), 'SchemasPage'),
})
const subjects = createRoute({
  getParentRoute: () => project,
  path: '/',
  validateSearch: words('q', 'lifecycle', 'tag'),
  component: lazyRouteComponent(() => import('./project/subjects-tab.tsx'), 'SubjectsTab'),
})
// No subject is called `-`, so that what lies under it is none.
const reviews = createRoute({
  getParentRoute: () => project,
  path: '/-/reviews',
  validateSearch: words('state'),
  component: lazyRouteComponent(() => import('./project/reviews-tab.tsx'), 'ReviewsTab'),
})
const environments = createRoute({
  getParentRoute: () => project,
  path: '/-/environments',
  component: lazyRouteComponent(() => import('./project/environments-tab.tsx'), 'EnvironmentsTab'),
})
const lineage = createRoute({
  getParentRoute: () => project,
  path: '/-/lineage',
  validateSearch: words('environment'),
  component: lazyRouteComponent(() => import('./project/lineage-tab.tsx'), 'LineageTab'),
})
const rules = createRoute({
  getParentRoute: () => project,
  path: '/-/rules',
  component: lazyRouteComponent(() => import('./project/rules-tab.tsx'), 'RulesTab'),
})

const subject = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/schemas/$subject',
  component: lazyRouteComponent(() => import('./subject/subject-page.tsx'), 'SubjectPage'),
})
const contract = createRoute({
  getParentRoute: () => subject,
  path: '/',
  validateSearch: words('version'),
  component: lazyRouteComponent(() => import('./subject/contract-tab.tsx'), 'ContractTab'),
})
const changes = createRoute({
  getParentRoute: () => subject,
  path: '/changes',
  validateSearch: words('from', 'to'),
  component: lazyRouteComponent(() => import('./subject/changes-tab.tsx'), 'ChangesTab'),
})
const subjectEnvironments = createRoute({
  getParentRoute: () => subject,
  path: '/environments',
  component: lazyRouteComponent(() => import('./subject/environments-tab.tsx'), 'SubjectEnvironmentsTab'),
})
const subjectLineage = createRoute({
  getParentRoute: () => subject,
  path: '/lineage',
  component: lazyRouteComponent(() => import('./subject/lineage-tab.tsx'), 'SubjectLineageTab'),
})
const governance = createRoute({
  getParentRoute: () => subject,
  path: '/governance',
  component: lazyRouteComponent(() => import('./subject/governance-tab.tsx'), 'GovernanceTab'),
})
const review = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/schemas/$subject/reviews/$review',
  component: lazyRouteComponent(() => import('./subject/review-page.tsx'), 'ReviewPage'),
})

/** What components promise one another: of a project, of one subject, and each refused change that waits for somebody. */
export const schemas = [
  project.addChildren([subjects, reviews, environments, lineage, rules]),
  subject.addChildren([contract, changes, subjectEnvironments, subjectLineage, governance]),
  review,
] as const
