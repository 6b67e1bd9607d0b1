import { createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { access } from './access/access-routes.ts'
import { app, root, words } from './app-route.ts'
import { schemas } from './schemas/schema-routes.ts'
import { NotFound } from './shell/not-found.tsx'
import { PageError } from './shell/page-error.tsx'

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: words('next'),
  component: lazyRouteComponent(() => import('./session/login-page.tsx'), 'LoginPage'),
})

const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: lazyRouteComponent(() => import('./home/home-page.tsx'), 'HomePage'),
})
const catalog = createRoute({
  getParentRoute: () => app,
  path: '/catalog',
  validateSearch: words('search', 'kind', 'owner', 'lifecycle', 'tag'),
  component: lazyRouteComponent(() => import('./catalog/catalog-page.tsx'), 'CatalogPage'),
})
const create = createRoute({
  getParentRoute: () => app,
  path: '/create',
  validateSearch: words('template', 'project', 'operation', 'component'),
  component: lazyRouteComponent(() => import('./create/create-page.tsx'), 'CreatePage'),
})
const projects = createRoute({
  getParentRoute: () => app,
  path: '/projects',
  component: lazyRouteComponent(() => import('./projects/projects-page.tsx'), 'ProjectsPage'),
})
const project = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project',
  component: lazyRouteComponent(() => import('./projects/project-page.tsx'), 'ProjectPage'),
})
const pipelines = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/pipelines',
  validateSearch: words('repository'),
  component: lazyRouteComponent(() => import('./pipelines/pipelines-page.tsx'), 'PipelinesPage'),
})
const pipeline = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/pipelines/$pipeline',
  validateSearch: words('job', 'view'),
  component: lazyRouteComponent(() => import('./pipelines/pipeline-page.tsx'), 'PipelinePage'),
})
const changeRequests = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/change-requests',
  validateSearch: words('state'),
  component: lazyRouteComponent(() => import('./changes/changes-page.tsx'), 'ChangesPage'),
})
const changeRequest = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/repositories/$repository/change-requests/$number',
  component: lazyRouteComponent(() => import('./changes/change-page.tsx'), 'MergePage'),
})
const promotion = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/environments/$environment/promotions/$number',
  component: lazyRouteComponent(() => import('./changes/change-page.tsx'), 'PromotionPage'),
})
const environments = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/environments',
  component: lazyRouteComponent(() => import('./projects/environments-page.tsx'), 'EnvironmentsPage'),
})
const environment = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/environments/$environment',
  component: lazyRouteComponent(() => import('./projects/environment-page.tsx'), 'EnvironmentPage'),
})
const trace = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/traces/$traceId',
  validateSearch: words('span'),
  component: lazyRouteComponent(() => import('./telemetry/trace-page.tsx'), 'TracePage'),
})
const account = createRoute({
  getParentRoute: () => app,
  path: '/account',
  validateSearch: words('token'),
  component: lazyRouteComponent(() => import('./session/account-page.tsx'), 'AccountPage'),
})
const device = createRoute({
  getParentRoute: () => app,
  path: '/device',
  validateSearch: words('user_code'),
  component: lazyRouteComponent(() => import('./session/device-page.tsx'), 'DevicePage'),
})

const component = createRoute({
  getParentRoute: () => app,
  path: '/projects/$project/components/$component',
  component: lazyRouteComponent(() => import('./component/component-page.tsx'), 'ComponentPage'),
})
const overview = createRoute({
  getParentRoute: () => component,
  path: '/',
  component: lazyRouteComponent(() => import('./component/overview-tab.tsx'), 'OverviewTab'),
})
const componentPipelines = createRoute({
  getParentRoute: () => component,
  path: '/pipelines',
  component: lazyRouteComponent(() => import('./component/pipelines-tab.tsx'), 'PipelinesTab'),
})
const telemetry = createRoute({
  getParentRoute: () => component,
  path: '/telemetry',
  validateSearch: words('view', 'environment', 'search', 'severity', 'since', 'traceId', 'errors'),
  component: lazyRouteComponent(() => import('./telemetry/telemetry-tab.tsx'), 'TelemetryTab'),
})
const resources = createRoute({
  getParentRoute: () => component,
  path: '/resources',
  component: lazyRouteComponent(() => import('./component/resources-tab.tsx'), 'ResourcesTab'),
})
const syncs = createRoute({
  getParentRoute: () => component,
  path: '/syncs',
  component: lazyRouteComponent(() => import('./component/syncs-tab.tsx'), 'SyncsTab'),
})

/** What no route knows, inside the layout, so that the way on is at hand. */
const unknown = createRoute({ getParentRoute: () => app, path: '$', component: NotFound })

const routeTree = root.addChildren([
  login,
  app.addChildren([
    home,
    catalog,
    create,
    projects,
    project,
    pipelines,
    pipeline,
    changeRequests,
    changeRequest,
    promotion,
    environments,
    environment,
    ...schemas,
    trace,
    account,
    device,
    access,
    unknown,
    component.addChildren([overview, componentPipelines, telemetry, resources, syncs]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultErrorComponent: PageError,
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
