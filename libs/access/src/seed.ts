import type { Action, ObjectKind } from '@plinth/contracts'
import type { Link, PolicySet, Rule } from './policy.ts'

type Allowance = readonly [objects: readonly (ObjectKind | '*')[], actions: readonly (Action | '*')[]]

/** What a member of a project sees of it. */
const projectView: readonly ObjectKind[] = [
  'project', 'environment', 'component', 'template', 'workload', 'operation', 'repository', 'change-request',
  'application', 'pipeline', 'job', 'artifact', 'schema', 'gate', 'log', 'trace', 'metric', 'telemetry', 'event',
] // prettier-ignore
const see: Allowance = [projectView, ['get', 'list']]
const seeOutput: Allowance = [['job', 'workload', 'log'], ['logs']]

/**
 * The rules of each role say what, in domain `*`; the binding says where, and holds below its domain. So a right that
 * must differ between a project's environments is never a rule of the role that is bound to the project: `developer`
 * has no deploy, rollback, approve, run or exec on what runs. `deployer` has them, and is bound where they may be used:
 * to a person in payments/production, and by `projectLinks` to all developers in payments/development.
 */
const roles: Readonly<Record<string, { description: string; may: readonly Allowance[] }>> = {
  developer: {
    description: 'Writes the software: components, code, pipelines, schemas, change requests; does not deploy',
    may: [
      see,
      seeOutput,
      [
        ['component', 'repository', 'change-request', 'schema'],
        ['create', 'update'],
      ],
      [['template', 'gate'], ['use']],
      [['pipeline', 'job', 'gate'], ['run']],
      [['artifact'], ['create']],
    ],
  },
  qa: {
    description: 'Tests: runs pipelines and jobs, reads everything of the project; deploys to staging',
    may: [see, seeOutput, [['pipeline', 'job', 'gate'], ['run']], [['change-request'], ['create', 'update']]],
  },
  deployer: {
    description: 'Deploys, approves, rolls back, restarts and scales where it is bound; writes no code and no template',
    may: [
      see,
      seeOutput,
      [['application'], ['deploy', 'rollback', 'approve', 'update']],
      [['change-request'], ['create', 'update', 'approve']],
      [['workload'], ['deploy', 'rollback', 'run', 'exec']],
    ],
  },
  'team-lead': {
    description: 'Developer and deployer of a project, who also shapes it and gives its roles',
    may: [
      [
        ['project', 'environment', 'component', 'repository', 'schema', 'gate'],
        ['create', 'update', 'delete'],
      ],
      [['schema', 'gate'], ['approve']],
      [['binding'], ['get', 'list', 'create', 'delete', 'grant']],
      [['token'], ['get', 'list', 'create', 'delete']],
      [
        ['role', 'group', 'user', 'audit'],
        ['get', 'list'],
      ],
    ],
  },
  auditor: {
    description: 'Reads everything, the audit ledger included; changes nothing',
    may: [[['*'], ['get', 'list', 'logs']]],
  },
  administrator: { description: 'Everything, everywhere it is bound', may: [[['*'], ['*']]] },
  job: {
    description: 'What the job of a pipeline may do in its project',
    may: [
      [
        [
          'project',
          'environment',
          'component',
          'application',
          'repository',
          'pipeline',
          'job',
          'artifact',
          'schema',
          'gate',
        ],
        ['get', 'list'],
      ],
      [['artifact', 'schema'], ['create']],
      [['gate'], ['use', 'run']],
    ],
  },
  workload: {
    description: 'What a running workload may do: send its telemetry, which is kept under what its token vouches for',
    may: [[['telemetry'], ['create']]],
  },
  runner: {
    description: 'What a machine that executes jobs and hosts workloads may do',
    may: [
      [
        ['job', 'workload', 'artifact', 'repository'],
        ['get', 'list'],
      ],
      [['job', 'workload'], ['update']],
      [['artifact', 'telemetry'], ['create']],
    ],
  },
}

/**
 * What roles have got since the first seed, by generation. A platform that stands already is given those that are newer
 * than its own; never change one that has been shipped, add the next.
 */
const additions: readonly (readonly [generation: number, may: Readonly<Record<string, readonly Allowance[]>>])[] = [
  [
    2,
    {
      'team-lead': [
        [['service-account', 'webhook', 'freeze'], ['*']],
        [['break-glass', 'policy'], ['use']],
      ],
      deployer: [[['break-glass'], ['use']]],
      job: [[['policy'], ['use']]],
    },
  ],
  // Which version of a schema is current in an environment is decided as what runs there is.
  [3, { deployer: [[['schema'], ['deploy']]] }],
]

/** How far the seed has grown. */
export const seedGeneration = Math.max(...additions.map(([generation]) => generation))

/** The rules that were seeded after a generation; those of a new platform are in `seedPolicy` already. */
export const seedAdditions = (after: number): Rule[] =>
  additions.flatMap(([generation, may]) =>
    generation > after ? Object.entries(may).flatMap(([role, allowances]) => rulesOf(role, allowances)) : [],
  )

/** The roles that are there from the start, by name (`role:<name>` in a policy), with what they are for. */
export const seededRoles: readonly { readonly name: string; readonly description: string }[] = Object.entries(
  roles,
).map(([name, { description }]) => ({ name, description }))

/** Groups that the platform itself uses; a token that names one gets the group's role where the group is bound. */
export const administratorsGroup = 'group:administrators'
export const runnersGroup = 'group:runners'
/** The group that the tokens of a project's pipeline jobs carry: never `role:job` itself, which has no domain. */
export const jobsGroup = (project: string): string => `group:${project}/jobs`
/** The group that the tokens of workloads carry; it is bound everywhere, as telemetry has one address for all projects. */
export const workloadsGroup = 'group:workloads'

const everywhere = '*'

/** The policy of a new platform, at revision 1: the seeded roles, and the groups that hold some of them everywhere. */
export function seedPolicy(): PolicySet {
  const rules = [...Object.entries(roles).flatMap(([role, { may }]) => rulesOf(role, may)), ...seedAdditions(1)]
  const links: Link[] = [
    { subject: 'role:team-lead', role: 'role:developer', domain: everywhere },
    { subject: 'role:team-lead', role: 'role:deployer', domain: everywhere },
    { subject: administratorsGroup, role: 'role:administrator', domain: everywhere },
    { subject: runnersGroup, role: 'role:runner', domain: everywhere },
    { subject: workloadsGroup, role: 'role:workload', domain: everywhere },
  ]
  return { revision: 1, rules, links }
}

function rulesOf(role: string, may: readonly Allowance[]): Rule[] {
  const texts = new Set(
    may.flatMap(([objects, actions]) => objects.flatMap((object) => actions.map((action) => `${object} ${action}`))),
  )
  return [...texts].map((text) => {
    const [object = '', action = ''] = text.split(' ')
    return { subject: `role:${role}`, domain: everywhere, object, action, effect: 'allow' }
  })
}

/**
 * The links that a new project gets, removable like any other: its developers deploy in development, its testers in
 * staging, and its jobs have their role within it. A link between roles holds in its own domain only,
 * so the first makes a developer of payments a deployer in payments/development and nowhere else.
 */
export function projectLinks(project: string): Link[] {
  return [
    { subject: 'role:developer', role: 'role:deployer', domain: `${project}/development` },
    { subject: 'role:qa', role: 'role:deployer', domain: `${project}/staging` },
    { subject: jobsGroup(project), role: 'role:job', domain: project },
  ]
}
