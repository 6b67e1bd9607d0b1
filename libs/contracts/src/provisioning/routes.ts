import { Type } from 'typebox'
import {
  Closed, ComponentName, EnvironmentName, EnvironmentParams, Id, Items, JsonObject, Line, Operation, Page, pageQuery,
  ProjectName, ProjectParams, TemplateName,
} from '../core/common.ts'
import { route } from '../core/route.ts'
import { Component, ComponentParams, Environment, Plan, Project, Template, Workload, WorkloadParams } from './shared.ts'

const inEnvironment = ':project/:environment'
const NewComponent = Closed({
  name: ComponentName, template: TemplateName, description: Type.Optional(Line(300)),
  owner: Type.Optional(Line(120, 'A group or user; the creator when left out')),
  parameters: Type.Optional(JsonObject),
})

export const provisioningRoutes = {
  listProjects: route({
    method: 'GET', path: '/api/v1/projects', summary: 'The projects that you may see', permission: 'authenticated',
    query: Closed({ ...pageQuery }), response: { 200: Page(Project) },
  }),
  createProject: route({
    method: 'POST', path: '/api/v1/projects', summary: 'Create a project with development, staging and production',
    permission: { action: 'create', object: 'project', domain: '*' }, idempotent: true,
    body: Closed({ name: ProjectName, description: Type.Optional(Line(300)) }),
    response: { 201: Project }, errors: ['provisioning.project_exists'],
  }),
  getProject: route({
    method: 'GET', path: '/api/v1/projects/:project', summary: 'A project',
    permission: { action: 'get', object: 'project', domain: ':project' }, params: ProjectParams,
    response: { 200: Project }, errors: ['provisioning.project_unknown'],
  }),
  listEnvironments: route({
    method: 'GET', path: '/api/v1/projects/:project/environments', summary: 'Environments in order of promotion',
    permission: { action: 'list', object: 'environment', domain: ':project' }, params: ProjectParams,
    response: { 200: Items(Environment) }, errors: ['provisioning.project_unknown'],
  }),
  createEnvironment: route({
    method: 'POST', path: '/api/v1/projects/:project/environments', summary: 'Add an environment',
    permission: { action: 'create', object: 'environment', domain: ':project' }, params: ProjectParams, idempotent: true,
    body: Closed({ name: EnvironmentName, tier: Type.Union([Type.Literal('development'), Type.Literal('staging'), Type.Literal('production')]) }),
    response: { 201: Environment }, errors: ['provisioning.project_unknown', 'provisioning.environment_exists'],
  }),
  listTemplates: route({
    method: 'GET', path: '/api/v1/templates', summary: 'Templates with the JSON Schema of their parameters',
    permission: 'authenticated', response: { 200: Items(Template) },
  }),
  listCatalog: route({
    method: 'GET', path: '/api/v1/catalog', summary: 'Every component that you may see, over all projects',
    permission: 'authenticated', query: Closed({ ...pageQuery, search: Type.Optional(Line(100)) }),
    response: { 200: Page(Component) },
  }),
  listComponents: route({
    method: 'GET', path: '/api/v1/projects/:project/components', summary: 'Components of a project',
    permission: { action: 'list', object: 'component', domain: ':project' }, params: ProjectParams,
    query: Closed({ ...pageQuery, search: Type.Optional(Line(100)) }), response: { 200: Page(Component) },
    errors: ['provisioning.project_unknown'],
  }),
  getComponent: route({
    method: 'GET', path: '/api/v1/projects/:project/components/:component', summary: 'A component',
    permission: { action: 'get', object: 'component/:component', domain: ':project' }, params: ComponentParams,
    response: { 200: Component }, errors: ['provisioning.component_unknown'],
  }),
  planComponent: route({
    method: 'POST', path: '/api/v1/projects/:project/components/plan', summary: 'What creating it would make; makes nothing',
    permission: { action: 'create', object: 'component', domain: ':project' }, params: ProjectParams, body: NewComponent,
    response: { 200: Type.Object({ files: Type.Array(Type.String()), changes: Plan.properties.changes }) },
    errors: ['provisioning.template_unknown', 'provisioning.parameters_invalid', 'provisioning.component_exists', 'provisioning.project_unknown'],
  }),
  createComponent: route({
    method: 'POST', path: '/api/v1/projects/:project/components', summary: 'Create a component from a template',
    permission: { action: 'create', object: 'component', domain: ':project' }, params: ProjectParams, body: NewComponent,
    idempotent: true, response: { 202: Operation },
    errors: ['provisioning.template_unknown', 'provisioning.parameters_invalid', 'provisioning.component_exists', 'provisioning.project_unknown'],
  }),
  deleteComponent: route({
    method: 'DELETE', path: '/api/v1/projects/:project/components/:component',
    summary: 'Remove a component: its workloads, databases and catalog entry; the repository is kept, archived',
    permission: { action: 'delete', object: 'component/:component', domain: ':project' }, params: ComponentParams,
    response: { 202: Operation }, errors: ['provisioning.component_unknown'],
  }),
  getOperation: route({
    method: 'GET', path: '/api/v1/projects/:project/operations/:operation', summary: 'How long work stands',
    permission: { action: 'get', object: 'operation', domain: ':project' }, params: Closed({ project: ProjectName, operation: Id }),
    response: { 200: Operation }, errors: ['provisioning.operation_unknown'],
  }),
  followOperation: route({
    method: 'GET', path: '/api/v1/projects/:project/operations/:operation/events', summary: 'The operation at each change, until it ends',
    kind: 'sse', permission: { action: 'get', object: 'operation', domain: ':project' }, timeoutMs: 0,
    params: Closed({ project: ProjectName, operation: Id }), response: { 200: Operation }, errors: ['provisioning.operation_unknown'],
  }),
  listWorkloads: route({
    method: 'GET', path: '/api/v1/projects/:project/environments/:environment/workloads', summary: 'What runs here',
    permission: { action: 'list', object: 'workload', domain: inEnvironment }, params: EnvironmentParams,
    response: { 200: Items(Workload) }, errors: ['provisioning.environment_unknown'],
  }),
  getWorkload: route({
    method: 'GET', path: '/api/v1/projects/:project/environments/:environment/workloads/:workload', summary: 'A workload: desired and seen',
    permission: { action: 'get', object: 'workload/:workload', domain: inEnvironment }, params: WorkloadParams,
    response: { 200: Workload }, errors: ['provisioning.workload_unknown'],
  }),
  restartWorkload: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/workloads/:workload/restart',
    summary: 'Replace every replica, one after the other, without a failed request',
    permission: { action: 'run', object: 'workload/:workload', domain: inEnvironment }, params: WorkloadParams,
    response: { 202: Workload }, errors: ['provisioning.workload_unknown'],
  }),
  scaleWorkload: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/workloads/:workload/scale', summary: 'Set the number of replicas',
    permission: { action: 'run', object: 'workload/:workload', domain: inEnvironment }, params: WorkloadParams,
    body: Closed({ replicas: Type.Integer({ minimum: 1, maximum: 20 }) }),
    response: { 202: Workload }, errors: ['provisioning.workload_unknown'],
  }),
  stopWorkload: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/workloads/:workload/stop', summary: 'Stop it; its data stays',
    permission: { action: 'run', object: 'workload/:workload', domain: inEnvironment }, params: WorkloadParams,
    response: { 202: Workload }, errors: ['provisioning.workload_unknown'],
  }),
  startWorkload: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/workloads/:workload/start', summary: 'Start it again',
    permission: { action: 'run', object: 'workload/:workload', domain: inEnvironment }, params: WorkloadParams,
    response: { 202: Workload }, errors: ['provisioning.workload_unknown'],
  }),
}
