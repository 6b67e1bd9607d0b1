import { newEnforcer, newModelFromString, StringAdapter, type Enforcer } from 'casbin'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import {
  casbinModel,
  compile,
  formatPolicy,
  registerCasbinFunctions,
  type PolicySet,
} from '../../libs/access/src/index.ts'
import { seededRandom } from './lib.ts'

/** Casbin's own RBAC benchmark: r roles with one right each, 10 r users with one role each (model_b_test.go). */
export const sizes = { small: 100, medium: 1000, large: 10_000 } as const
export type Size = keyof typeof sizes

export type Probe = { user: string; role: string; domain: string; object: string }

export type Engine = {
  /** From the text form of the policy to the first decision. */
  load(): Promise<void>
  decide(probe: Probe): boolean | Promise<boolean>
  /** One link added, one removed; absent where the engine can only load anew. */
  change?(round: number): Promise<void> | void
  whoCan?(object: string): Promise<number> | number
}

const everywhere = '*'
export const action = 'get'

export function policyOf(size: Size): PolicySet {
  const roles = sizes[size]
  const rules = Array.from({ length: roles }, (_, at) => ({
    subject: `role:g${at}`, domain: everywhere, object: `component/data${Math.floor(at / 10)}`, action, effect: 'allow' as const,
  })) // prettier-ignore
  const links = Array.from({ length: roles * 10 }, (_, at) => ({
    subject: `user:u${at}`, role: `role:g${Math.floor(at / 10)}`, domain: everywhere,
  })) // prettier-ignore
  return { revision: 1, rules, links }
}

/** 45 % allowed, 45 % denied, 10 % unknown users; the same on every run. */
export function probesOf(size: Size, count: number): Probe[] {
  const users = sizes[size] * 10
  const random = seededRandom(42)
  return Array.from({ length: count }, () => {
    const user = Math.floor(random() * users)
    const kind = random()
    const own = Math.floor(user / 100)
    const data = kind < 0.45 ? own : (own + 1 + Math.floor(random() * (users / 100 - 1))) % (users / 100)
    return {
      user: kind < 0.9 ? `user:u${user}` : `user:stranger${user}`,
      role: `role:g${Math.floor(user / 10)}`,
      domain: `project${user % 50}/production`,
      object: `component/data${data}`,
    }
  })
}

/** The RBAC model of node-casbin's benchmarks without domains, object first: the fastest it can be. */
export const plainModel = `[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub)
`

function plinth(size: Size): Engine {
  const text = JSON.stringify(policyOf(size))
  let index = compile({ revision: 0, rules: [], links: [] })
  return {
    load: async () => {
      index = compile(JSON.parse(text) as PolicySet)
    },
    decide: ({ user, domain, object }) => index.decide({ subjects: [user], domain, object, action }).allowed,
    change: (round) => {
      const link = { subject: `user:new${round >> 1}`, role: `role:g${round >> 1}`, domain: everywhere }
      const change = round % 2 === 0 ? { addLinks: [link] } : { removeLinks: [link] }
      index = index.apply({ revision: index.revision + 1, ...change })
    },
    whoCan: (object) => index.whoCan({ domain: 'project1/production', object, action }).length,
  }
}

function casbin(size: Size, mode: 'sync' | 'async' | 'domains'): Engine {
  const { rules, links } = policyOf(size)
  const plain = [
    ...rules.map((rule) => `p, ${rule.subject}, ${rule.object}, ${rule.action}`),
    ...links.map((link) => `g, ${link.subject}, ${link.role}`),
  ]
  const text = mode === 'domains' ? formatPolicy({ rules, links }) : plain.join('\n')
  let loaded: Enforcer | undefined
  const enforcer = (): Enforcer => {
    if (loaded === undefined) throw new Error('decide comes after load')
    return loaded
  }
  const domains = mode === 'domains' ? [everywhere] : []
  return {
    load: async () => {
      loaded = await newEnforcer(
        newModelFromString(mode === 'domains' ? casbinModel : plainModel),
        new StringAdapter(text),
      )
      if (mode === 'domains') await registerCasbinFunctions(loaded)
      loaded.enableAutoSave(false)
    },
    decide: ({ user, domain, object }) => {
      if (mode === 'domains') return enforcer().enforceSync(user, domain, object, action)
      return mode === 'sync' ? enforcer().enforceSync(user, object, action) : enforcer().enforce(user, object, action)
    },
    change: async (round) => {
      const link = [`user:new${round >> 1}`, `role:g${round >> 1}`, ...domains]
      await (round % 2 === 0 ? enforcer().addGroupingPolicy(...link) : enforcer().removeGroupingPolicy(...link))
    },
    // Grows with users times rules: 29 s at medium, hours at large, so it is asked at small only.
    ...(size === 'small' &&
      mode === 'sync' && {
        whoCan: async (object) => (await enforcer().getImplicitUsersForPermission(object, action)).length,
      }),
  }
}

/** One policy a role; the caller's role comes with each question, as Cedar keeps no data. */
function cedar(size: Size): Engine {
  const { rules } = policyOf(size)
  const text = rules
    .map(
      ({ subject, object }) =>
        `permit(principal in Role::"${subject}", action == Action::"${action}", resource == Component::"${object}");`,
    )
    .join('\n')
  return {
    load: async () => {
      const answer = preparsePolicySet('bench', { staticPolicies: text })
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
    },
    decide: ({ user, role, object }) => {
      const principal = { type: 'User', id: user }
      const parents = user.startsWith('user:stranger') ? [] : [{ type: 'Role', id: role }]
      const answer = statefulIsAuthorized({
        principal,
        action: { type: 'Action', id: action },
        resource: { type: 'Component', id: object },
        context: {},
        preparsedPolicySetId: 'bench',
        entities: [{ uid: principal, attrs: {}, parents }],
      })
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
      return answer.response.decision === 'allow'
    },
  }
}

export const engines = {
  plinth: { title: 'Plinth', make: plinth },
  'casbin-sync': { title: 'casbin enforceSync', make: (size: Size) => casbin(size, 'sync') },
  'casbin-async': { title: 'casbin enforce', make: (size: Size) => casbin(size, 'async') },
  'casbin-domains': { title: "casbin enforceSync, Plinth's model", make: (size: Size) => casbin(size, 'domains') },
  cedar: { title: 'cedar-wasm, preparsed', make: cedar },
} as const satisfies Record<string, { title: string; make: (size: Size) => Engine }>
export type EngineName = keyof typeof engines
