import { Type } from 'typebox'
import { Closed, DomainName, Id, Items, Line } from '../core/common.ts'
import { actions } from '../core/permission.ts'
import { route } from '../core/route.ts'
import { circumstances, everywhere, policyBytesMax as bodyLimitBytes, PolicyText, SubjectText } from './shared.ts'

export const PolicyTest = Closed({
  name: Line(200),
  subjects: Type.Array(SubjectText, { minItems: 1, maxItems: 20 }),
  action: Type.Enum([...actions]),
  object: Type.String({ maxLength: 200 }),
  domain: DomainName,
  expect: Type.Enum(['allow', 'deny']),
  ...circumstances,
})
export const PolicyTestResult = Type.Object({
  name: Type.String(),
  passed: Type.Boolean(),
  expected: Type.Enum(['allow', 'deny']),
  got: Type.Enum(['allow', 'deny']),
  reason: Type.String(),
})
export const TestRun = Type.Object({
  passed: Type.Integer(),
  failed: Type.Integer(),
  items: Type.Array(PolicyTestResult),
})

export const policyTestRoutes = {
  getPolicyTests: route({
    method: 'GET',
    path: '/api/v1/policy/tests',
    summary: 'The expected decisions that every change of the policy must keep',
    permission: { action: 'get', object: 'policy', ...everywhere },
    response: { 200: Items(PolicyTest) },
  }),
  updatePolicyTests: route({
    method: 'PUT',
    versionOf: 'getPolicyTests',
    path: '/api/v1/policy/tests',
    summary: 'Replace the expected decisions',
    permission: { action: 'update', object: 'policy', ...everywhere },
    bodyLimitBytes,
    body: Closed({ items: Type.Array(PolicyTest, { maxItems: 5_000 }) }),
    response: { 200: Items(PolicyTest) },
  }),
  runPolicyTests: route({
    method: 'POST',
    path: '/api/v1/policy/tests/run',
    summary: 'Decide a file of expected decisions: on the policy in force, on a change set, or on a given policy text',
    // Decided in the service: `use policy` in the domain of each test, so that a job may test its own project.
    permission: 'authenticated',
    scopes: 'service',
    bodyLimitBytes,
    body: Closed({
      tests: Type.Array(PolicyTest, { minItems: 1, maxItems: 5_000 }),
      csv: Type.Optional(PolicyText),
      changeSet: Type.Optional(Id),
    }),
    response: { 200: TestRun },
    errors: ['gateway.permission_denied', 'authorization.policy_invalid', 'authorization.change_set_unknown'],
  }),
}
