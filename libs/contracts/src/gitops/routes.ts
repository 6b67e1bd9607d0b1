import { Type } from 'typebox'
import { Closed, ComponentName, EnvironmentParams, GitRef, Id, Items, Line, Page, pageQuery, ProjectName, ProjectParams, Prose, RepositoryName } from '../core/common.ts'
import { route } from '../core/route.ts'
import { Application, ApplicationParams, ChangeRequest, ChangeRequestDetail, ChangeRequestParams, Commit, DeliveryLine, PromotionParams, RefQuery, Release, Repository, RepositoryParams, SyncRecord, TreeEntry } from './shared.ts'

const inEnvironment = ':project/:environment'
const GitParams = Closed({ project: ProjectName, repository: RepositoryName })
const repositoryGuard = { object: 'repository/:repository', domain: ':project' } as const
const Path = Type.Optional(Type.String({ maxLength: 1000 }))
const crPath = '/api/v1/projects/:project/repositories/:repository/change-requests'
const promotionPath = '/api/v1/projects/:project/environments/:environment/promotions'

export const gitopsRoutes = {
  // Git smart HTTP. `.git` is part of the path; push rights per branch are decided by the service, which sees the refs.
  gitAdvertise: route({
    method: 'GET', path: '/git/:project/:repository.git/info/refs', summary: 'git: what refs there are', kind: 'raw', timeoutMs: 60_000,
    permission: { action: 'get', ...repositoryGuard }, params: GitParams, query: Type.Object({ service: Type.Optional(Type.String()) }), response: { 200: Type.Unknown() },
  }),
  gitUploadPack: route({
    method: 'POST', path: '/git/:project/:repository.git/git-upload-pack', summary: 'git: fetch and clone', kind: 'raw', timeoutMs: 600_000,
    permission: { action: 'get', ...repositoryGuard }, params: GitParams, bodyLimitBytes: 64 * 1024 * 1024, response: { 200: Type.Unknown() },
  }),
  gitReceivePack: route({
    method: 'POST', path: '/git/:project/:repository.git/git-receive-pack', summary: 'git: push', kind: 'raw', timeoutMs: 600_000,
    permission: { action: 'update', ...repositoryGuard }, params: GitParams, bodyLimitBytes: 512 * 1024 * 1024, response: { 200: Type.Unknown() },
  }),
  listRepositories: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories', summary: 'Repositories of a project',
    permission: { action: 'list', object: 'repository', domain: ':project' }, params: ProjectParams, query: Closed({ ...pageQuery }), response: { 200: Page(Repository) },
  }),
  getRepository: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories/:repository', summary: 'A repository',
    permission: { action: 'get', ...repositoryGuard }, params: RepositoryParams, response: { 200: Repository }, errors: ['gitops.repository_unknown'],
  }),
  listCommits: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories/:repository/commits', summary: 'Commits of a ref, newest first',
    permission: { action: 'get', ...repositoryGuard }, params: RepositoryParams, query: Closed({ ...pageQuery, ...RefQuery }), response: { 200: Page(Commit) },
    errors: ['gitops.repository_unknown', 'gitops.revision_unknown'],
  }),
  listBranches: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories/:repository/branches', summary: 'Branches with their commits',
    permission: { action: 'get', ...repositoryGuard }, params: RepositoryParams,
    response: { 200: Items(Type.Object({ name: Type.String(), revision: Type.String(), protected: Type.Boolean() })) }, errors: ['gitops.repository_unknown'],
  }),
  listTree: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories/:repository/tree', summary: 'A directory at a revision',
    permission: { action: 'get', ...repositoryGuard }, params: RepositoryParams, query: Closed({ ...RefQuery, path: Path }), response: { 200: Items(TreeEntry) },
    errors: ['gitops.repository_unknown', 'gitops.revision_unknown', 'gitops.path_unknown'],
  }),
  getFile: route({
    method: 'GET', path: '/api/v1/projects/:project/repositories/:repository/file', summary: 'A text file at a revision',
    permission: { action: 'get', ...repositoryGuard }, params: RepositoryParams, query: Closed({ ...RefQuery, path: Type.String({ minLength: 1, maxLength: 1000 }) }),
    response: { 200: Type.Object({ path: Type.String(), revision: Type.String(), content: Type.String(), truncated: Type.Boolean() }) },
    errors: ['gitops.repository_unknown', 'gitops.revision_unknown', 'gitops.path_unknown'],
  }),
  listChangeRequests: route({
    method: 'GET', path: '/api/v1/projects/:project/change-requests', summary: 'Change requests and promotions of a project, newest first',
    permission: { action: 'list', object: 'change-request', domain: ':project' }, params: ProjectParams,
    query: Closed({ ...pageQuery, state: Type.Optional(Type.Enum(['open', 'approved', 'merged', 'closed', 'failed'])) }), response: { 200: Page(ChangeRequest) },
  }),
  createChangeRequest: route({
    method: 'POST', path: crPath, summary: 'Ask for a branch to be merged into another', idempotent: true,
    permission: { action: 'create', object: 'change-request', domain: ':project' }, params: RepositoryParams,
    body: Closed({ sourceBranch: GitRef, targetBranch: Type.Optional(GitRef), title: Line(200), description: Type.Optional(Prose(20_000)) }),
    response: { 201: ChangeRequest }, errors: ['gitops.repository_unknown', 'gitops.revision_unknown', 'gitops.change_request_exists'],
  }),
  getChangeRequest: route({
    method: 'GET', path: `${crPath}/:number`, summary: 'A change request: diff, checks, who approved', permission: { action: 'get', object: 'change-request', domain: ':project' },
    params: ChangeRequestParams, response: { 200: ChangeRequestDetail }, errors: ['gitops.change_request_unknown'],
  }),
  approveChangeRequest: route({
    method: 'POST', path: `${crPath}/:number/approve`, summary: 'Approve; the author may not', permission: { action: 'approve', object: 'change-request', domain: ':project' },
    params: ChangeRequestParams, response: { 200: ChangeRequest }, errors: ['gitops.change_request_unknown', 'gitops.change_request_closed', 'gitops.self_approval_refused'],
  }),
  mergeChangeRequest: route({
    method: 'POST', path: `${crPath}/:number/merge`, summary: 'Merge an approved change request', permission: { action: 'update', object: 'change-request', domain: ':project' },
    params: ChangeRequestParams, response: { 200: ChangeRequest }, errors: ['gitops.change_request_unknown', 'gitops.change_request_closed', 'gitops.approval_missing', 'gitops.merge_conflict'],
  }),
  closeChangeRequest: route({
    method: 'POST', path: `${crPath}/:number/close`, summary: 'Close without merging', permission: { action: 'update', object: 'change-request', domain: ':project' },
    params: ChangeRequestParams, response: { 200: ChangeRequest }, errors: ['gitops.change_request_unknown', 'gitops.change_request_closed'],
  }),
  createPromotion: route({
    method: 'POST', path: promotionPath, summary: 'Ask for a release to be deployed to this environment', idempotent: true,
    permission: { action: 'create', object: 'change-request', domain: inEnvironment }, params: EnvironmentParams,
    body: Closed({ component: ComponentName, revision: Type.Optional(Type.String({ maxLength: 40, description: 'A released commit; what the environment before this one runs, when left out' })), description: Type.Optional(Prose(20_000)) }),
    response: { 201: ChangeRequest }, errors: ['gitops.application_unknown', 'gitops.nothing_to_promote', 'gitops.change_request_exists'],
  }),
  getPromotion: route({
    method: 'GET', path: `${promotionPath}/:number`, summary: 'A promotion: diff, plan, schema verdict, who approved', permission: { action: 'get', object: 'change-request', domain: inEnvironment },
    params: PromotionParams, response: { 200: ChangeRequestDetail }, errors: ['gitops.change_request_unknown'],
  }),
  approvePromotion: route({
    method: 'POST', path: `${promotionPath}/:number/approve`, summary: 'Approve and deploy; the author may not', permission: { action: 'approve', object: 'change-request', domain: inEnvironment },
    params: PromotionParams, response: { 200: ChangeRequest }, errors: ['gitops.change_request_unknown', 'gitops.change_request_closed', 'gitops.self_approval_refused'],
  }),
  closePromotion: route({
    method: 'POST', path: `${promotionPath}/:number/close`, summary: 'Close without deploying', permission: { action: 'create', object: 'change-request', domain: inEnvironment },
    params: PromotionParams, response: { 200: ChangeRequest }, errors: ['gitops.change_request_unknown', 'gitops.change_request_closed'],
  }),
  listApplications: route({
    method: 'GET', path: '/api/v1/projects/:project/applications', summary: 'One application per component and environment',
    permission: { action: 'list', object: 'application', domain: ':project' }, params: ProjectParams, query: Closed({ component: Type.Optional(ComponentName) }), response: { 200: Items(Application) },
  }),
  getApplication: route({
    method: 'GET', path: '/api/v1/projects/:project/environments/:environment/applications/:component', summary: 'Sync, health and what it follows',
    permission: { action: 'get', object: 'application/:component', domain: inEnvironment }, params: ApplicationParams, response: { 200: Application }, errors: ['gitops.application_unknown'],
  }),
  listSyncs: route({
    method: 'GET', path: '/api/v1/projects/:project/environments/:environment/applications/:component/syncs', summary: 'Sync history, newest first',
    permission: { action: 'get', object: 'application/:component', domain: inEnvironment }, params: ApplicationParams, query: Closed({ ...pageQuery }), response: { 200: Page(SyncRecord) }, errors: ['gitops.application_unknown'],
  }),
  deployApplication: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/applications/:component/deploy', summary: 'Deploy a release here without a promotion',
    permission: { action: 'deploy', object: 'application/:component', domain: inEnvironment }, params: ApplicationParams,
    body: Closed({ revision: Type.Optional(Type.String({ maxLength: 40, description: 'The newest release when left out' })) }), response: { 202: Application }, errors: ['gitops.application_unknown', 'gitops.nothing_to_promote'],
  }),
  syncApplication: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/applications/:component/sync', summary: 'Bring what runs to what is wanted, now',
    permission: { action: 'deploy', object: 'application/:component', domain: inEnvironment }, params: ApplicationParams, response: { 202: Application }, errors: ['gitops.application_unknown', 'gitops.nothing_to_promote'],
  }),
  rollbackApplication: route({
    method: 'POST', path: '/api/v1/projects/:project/environments/:environment/applications/:component/rollback', summary: 'Go back to the last version that was healthy here, or to a named sync',
    permission: { action: 'rollback', object: 'application/:component', domain: inEnvironment }, params: ApplicationParams,
    body: Closed({ sync: Type.Optional(Id) }), response: { 202: Application }, errors: ['gitops.application_unknown', 'gitops.rollback_impossible'],
  }),
  listReleases: route({
    method: 'GET', path: '/api/v1/projects/:project/components/:component/releases', summary: 'Versions that passed their pipeline, newest first',
    permission: { action: 'get', object: 'component/:component', domain: ':project' }, params: Closed({ project: ProjectName, component: ComponentName }), query: Closed({ ...pageQuery }), response: { 200: Page(Release) },
  }),
  getDeliveryLine: route({
    method: 'GET', path: '/api/v1/projects/:project/components/:component/delivery', summary: 'From commit to production: what is where',
    permission: { action: 'get', object: 'component/:component', domain: ':project' }, params: Closed({ project: ProjectName, component: ComponentName }), response: { 200: DeliveryLine },
    errors: ['gitops.application_unknown'],
  }),
}
