import type { confluentRoutes } from '@plinth/contracts'
import { confluentType, type Ask, type Handlers } from '@plinth/service'
import type { CsrAsk } from './asked.ts'
import { compatibility } from './compatibility.ts'
import { configs } from './config.ts'
import { contexts } from './contexts.ts'
import { modesOf } from './modes.ts'
import type { CsrParts } from './parts.ts'
import { places } from './places.ts'
import { registering } from './register.ts'
import { schemaTypes } from './requests.ts'
import { schemasById } from './schemas.ts'
import { subjects } from './subjects.ts'

type Routes = Handlers<typeof confluentRoutes>
type Handler = (ask: CsrAsk<never>) => Promise<unknown>

/** Says so where a client asks for the registry's release: what its API is like. */
const release = { version: '8.1.0', commitId: 'plinth' }

function handlers(parts: CsrParts) {
  const subject = subjects(parts)
  const registration = registering(parts)
  const check = compatibility(parts)
  const byId = schemasById(parts)
  const config = configs(parts)
  const mode = modesOf(parts)
  return {
    csrListSubjects: subject.list,
    csrLookUp: registration.lookUp,
    csrDeleteSubject: subject.deleteSubject,
    csrFindByMetadata: registration.findByMetadata,
    csrListVersions: subject.listVersions,
    csrRegister: registration.register,
    csrGetVersion: subject.getVersion,
    csrDeleteVersion: subject.deleteVersion,
    csrGetVersionText: subject.getVersionText,
    csrListReferring: subject.listReferring,
    csrTag: registration.tag,
    csrListSchemas: subject.listSchemas,
    csrGetSchema: byId.get,
    csrGetSchemaText: byId.getText,
    csrListSubjectsOfSchema: byId.listSubjects,
    csrListVersionsOfSchema: byId.listVersions,
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
    csrListContexts: list,
    csrDeleteContext: remove,
  } satisfies Record<string, Handler>
}

/** Confluent's routes, each at its own path and below each context. */
export function confluentHandlers(given: Omit<CsrParts, 'places'>): Routes {
  const parts = { ...given, places: places(given.store.db, given.rights) }
  const each = Object.entries(handlers(parts)).flatMap(([name, handler]) => [
    [name, inForm(handler)],
    [`${name}InContext`, inForm(handler)],
  ])
  const once = Object.entries(onceHandlers(parts)).map(([name, handler]) => [name, inForm(handler)])
  return Object.fromEntries([...each, ...once]) as Routes
}

/** The body was checked by the route's contract, which is where each handler has its type from. */
const inForm = (handler: Handler) => (ask: Ask) => {
  ask.setHeader('content-type', confluentType)
  return handler(ask as unknown as CsrAsk<never>)
}
