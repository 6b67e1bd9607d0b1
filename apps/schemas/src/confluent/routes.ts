import type { confluentRoutes } from '@plinth/contracts'
import { confluentType, type Ask, type Handlers } from '@plinth/service'
import { contextOf, type CsrAsk } from './asked.ts'
import { compatibility } from './compatibility.ts'
import { configs } from './config.ts'
import { contexts } from './contexts.ts'
import { deleting } from './deleting.ts'
import { listing } from './listing.ts'
import { modesOf } from './modes.ts'
import type { CsrParts } from './parts.ts'
import { places } from './places.ts'
import { registering } from './register.ts'
import { schemaTypes } from './requests.ts'
import { schemasById, usesOfSchemas } from './schemas.ts'
import { tagging } from './tagging.ts'
import { versions } from './versions.ts'

type Routes = Handlers<typeof confluentRoutes>
type Handler = (ask: CsrAsk<never>) => Promise<unknown>

/** Says so where a client asks for the registry's release: what its API is like. */
const release = { version: '8.1.0', commitId: 'plinth' }

function handlers(parts: CsrParts) {
  const list = listing(parts)
  const version = versions(parts)
  const removal = deleting(parts)
  const tags = tagging(parts)
  const uses = usesOfSchemas(parts)
  const registration = registering(parts)
  const check = compatibility(parts)
  const byId = schemasById(parts)
  const config = configs(parts)
  const mode = modesOf(parts)
  return {
    csrListSubjects: list.listSubjects,
    csrLookUp: registration.lookUp,
    csrDeleteSubject: removal.deleteSubject,
    csrFindByMetadata: tags.findByMetadata,
    csrListVersions: version.listVersions,
    csrRegister: registration.register,
    csrGetVersion: version.getVersion,
    csrDeleteVersion: removal.deleteVersion,
    csrGetVersionText: version.getVersionText,
    csrListReferring: version.listReferring,
    csrTag: tags.tag,
    csrListSchemas: list.listSchemas,
    csrGetSchema: byId.get,
    csrGetSchemaText: byId.getText,
    csrListSubjectsOfSchema: uses.listSubjects,
    csrListVersionsOfSchema: uses.listVersions,
    csrGetByGuid: byId.getByGuid,
    csrListIdsOfGuid: byId.listIdsOfGuid,
    csrListTypes: async () => schemaTypes,
    csrCheckVersion: check.checkVersion,
    csrCheckAll: check.checkAll,
    csrGetContextConfig: config.getOfContext,
    csrSetContextConfig: config.setOfContext,
    csrDeleteContextConfig: config.removeOfContext,
    csrGetConfig: config.get,
    csrSetConfig: config.set,
    csrDeleteConfig: config.remove,
    csrGetContextMode: mode.getOfContext,
    csrSetContextMode: mode.setOfContext,
    csrDeleteContextMode: mode.removeOfContext,
    csrGetMode: mode.get,
    csrSetMode: mode.set,
    csrDeleteMode: mode.remove,
  } satisfies Record<string, Handler>
}

function onceHandlers(parts: CsrParts) {
  const { list, remove } = contexts(parts)
  return {
    csrRoot: async () => ({}),
    csrClusterId: async () => ({ id: '', scope: { path: [], clusters: { 'schema-registry-cluster': 'plinth' } } }),
    csrServerVersion: async () => release,
    csrDeployment: async () => ({ attributes: [] }),
    csrListContexts: list,
    csrDeleteContext: remove,
  } satisfies Record<string, Handler>
}

/** Confluent's routes, each at its own path and below each context. */
export function confluentHandlers(given: Omit<CsrParts, 'places'>): Routes {
  const parts = { ...given, places: places(given) }
  const each = Object.entries(handlers(parts)).flatMap(([name, handler]) => [
    [name, inForm(handler)],
    [`${name}InContext`, inForm(inContext(handler))],
  ])
  const once = Object.entries(onceHandlers(parts)).map(([name, handler]) => [name, inForm(handler)])
  return Object.fromEntries([...each, ...once]) as Routes
}

/** Below a context that there can't be nothing is answered, whatever it would be. */
const inContext =
  (handler: Handler): Handler =>
  async (ask) => {
    contextOf(ask)
    return handler(ask)
  }

/** The body was checked by the route's contract, which is where each handler has its type from. */
const inForm = (handler: Handler) => (ask: CsrAsk<never> & Pick<Ask, 'setHeader'>) => {
  ask.setHeader('content-type', confluentType)
  return handler(ask)
}
