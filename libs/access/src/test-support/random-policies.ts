import * as fc from 'fast-check'
import type { AccessRequest, Rule } from '../policy.ts'

/**
 * Random policies and requests, for comparing with node-casbin. Names are few, so that most cases have rules that meet.
 *
 * `PLINTH_CASES=100000 npx vitest run --config tools/vitest.config.ts --project unit libs/access/src/*equality*` compares
 * so many decisions in each of the two comparisons.
 */
export const casesWanted = (usual: number): number => Number(process.env['PLINTH_CASES'] ?? usual)

export const requestsARun = 12

const among = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values)
export const domain = among('*', 'a', 'b', 'a/x', 'a/y', 'b/x', 'ab', 'a/x/deep')
const object = among(
  'app',
  'app/one',
  'app/two',
  'job',
  'job/one',
  'application',
  'app/one/part',
  'repo/né',
  'app/__proto__',
)
const pattern = fc.oneof(object, among('*', 'app*', 'app/*', 'app/o*', 'app/one*', 'job*', 'job/*', 'j*', 'repo/n*'))
const action = among('get', 'deploy', 'run')
export const holders = ['user:u', 'user:v', 'group:g', 'group:h', 'role:r', 'role:s', 'role:t', 'role:constructor']
export const subject = among(...holders)

const rule: fc.Arbitrary<Rule> = fc.record({
  subject,
  domain,
  object: pattern,
  action: fc.oneof(action, fc.constant('*')),
  effect: fc.oneof(
    { weight: 9, arbitrary: fc.constant('allow' as const) },
    { weight: 1, arbitrary: fc.constant('deny' as const) },
  ),
})
export const rules = fc.array(rule, { minLength: 4, maxLength: 40 })
export const request: fc.Arbitrary<AccessRequest> = fc.record({
  subjects: fc.uniqueArray(subject, { minLength: 1, maxLength: 3 }),
  domain,
  object,
  action,
})
export const requests = fc.array(request, { minLength: requestsARun, maxLength: requestsARun })
