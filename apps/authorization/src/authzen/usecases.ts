import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { mayAnywhere } from '../access/rights.ts'
import { disabledSubjects } from '../access/store.ts'
import type { Parts } from '../parts.ts'
import { contextIn, domainOf, subjectOf, type ActionEntity, type Entity, type Sought } from './entities.ts'
import { evaluate, evaluateMany, maySee, type Asked, type Asker, type Decision, type Semantic } from './evaluate.ts'
import { pageOfFound, type PageQuery } from './pages.ts'
import { actionsOn, resourcesOn, subjectsWho } from './search.ts'

type Context = Record<string, unknown>
type Batch = Asked & { evaluations?: Record<string, unknown>[]; options?: { evaluations_semantic?: Semantic } }
type SubjectSearch = { subject: Sought; action: ActionEntity; resource: Entity; context?: Context; page?: PageQuery }
type ResourceSearch = { subject: Entity; action: ActionEntity; resource: Sought; context?: Context; page?: PageQuery }
type ActionSearch = { subject: Entity; resource: Entity; context?: Context; page?: PageQuery }

/** OpenID AuthZEN Authorization API 1.0 (openid/authzen, api/authorization-api-1_0.md): this service as a decision point. */
export const authzenUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'publicUrl'>) => {
  const { store, policy, clock, publicUrl } = parts
  const askerFor = async (who: Identity): Promise<Asker> => ({
    who,
    index: await policy.current(),
    disabled: await disabledSubjects(store.db),
  })
  /** The circumstances of a search: these and no others, so that what it finds is permitted in them. */
  const read = (context: Context | undefined, self: Identity | undefined) => {
    const circumstances = contextIn(context, self)
    if (circumstances !== undefined) return { at: clock.now(), ...circumstances }
    throw failure('platform.request_invalid', {
      detail: 'context.at must be a time in RFC 3339, such as 2026-12-31T23:59:59Z.',
    })
  }
  return {
    /** Section 9, Policy Decision Point Metadata. */
    configuration: () => {
      const base = publicUrl.replace(/\/+$/, '')
      const at = (path: string): string => base + path
      return {
        policy_decision_point: base,
        access_evaluation_endpoint: at('/access/v1/evaluation'),
        access_evaluations_endpoint: at('/access/v1/evaluations'),
        search_subject_endpoint: at('/access/v1/search/subject'),
        search_resource_endpoint: at('/access/v1/search/resource'),
        search_action_endpoint: at('/access/v1/search/action'),
      }
    },

    evaluation: async (who: Identity, asked: Asked): Promise<Decision> => alone(await askerFor(who), asked),

    async evaluations(who: Identity, { evaluations = [], options, ...defaults }: Batch) {
      const asker = await askerFor(who)
      if (evaluations.length === 0) return alone(asker, defaults)
      const semantic = options?.evaluations_semantic ?? 'execute_all'
      return { evaluations: evaluateMany(asker, defaults, evaluations, semantic) }
    },

    async searchSubjects(who: Identity, { subject: { type }, action, resource, context, page }: SubjectSearch) {
      const asker = await askerFor(who)
      requireSight(asker, domainOf(resource))
      const found = subjectsWho(asker, type, action, resource, read(context, undefined))
      return pageOfFound(found, ({ id }) => id, ['subject', type, action, resource, context], page)
    },

    /** Of others one learns of the domains in which one may list bindings. */
    async searchResources(who: Identity, { subject, action, resource, context, page }: ResourceSearch) {
      const asker = await askerFor(who)
      const self = subjectOf(subject) === who.subject ? who : undefined
      const wanted = resource.properties?.['domain'] === undefined ? undefined : domainOf(resource)
      if (self === undefined && !mayAnywhere(asker.index, who, { action: 'list', object: 'binding' }))
        requireSight(asker, wanted ?? '*')
      const found = resourcesOn(asker, subject, action, resource, read(context, self))
      const searched = ['resource', subject, action, resource.type, wanted, context]
      return pageOfFound(found, (item) => `${domainOf(item)} ${item.id}`, searched, page)
    },

    async searchActions(who: Identity, { subject, resource, context, page }: ActionSearch) {
      const asker = await askerFor(who)
      const self = subjectOf(subject) === who.subject ? who : undefined
      if (self === undefined) requireSight(asker, domainOf(resource))
      const found = actionsOn(asker, subject, resource, read(context, self))
      const byName = found.sort((one, other) => (one.name < other.name ? -1 : 1))
      return pageOfFound(byName, ({ name }) => name, ['action', subject, resource, context], page)
    },
  }
}

function alone(asker: Asker, asked: Asked): Decision {
  const answer = evaluate(asker, asked)
  if ('decision' in answer) return answer
  const code = answer.status === 400 ? 'platform.request_invalid' : 'gateway.permission_denied'
  throw failure(code, { detail: answer.message })
}

function requireSight(asker: Asker, domain: string): void {
  if (maySee(asker, domain)) return
  throw failure('gateway.permission_denied', {
    detail: `You may not list bindings in '${domain}', nor search for what others may do there.`,
    extensions: { required: { action: 'list', object: 'binding', domain } },
  })
}
