import type { Attack, Category } from '../attack.ts'
import { fieldOf, type Answer } from '../answers.ts'
import { refused } from '../refused.ts'
import { once, postText, requestText, type Target } from '../target.ts'
import { having, without, type Expectation } from '../verdict.ts'

const category: Category = 'leaks'
const nothingThere: Expectation = { statuses: [401, 403, 404] }
const exposed = 'CWE-538; OWASP API9:2023'
const quiet = without('server', 'x-powered-by', 'via', 'x-aspnet-version')
const script = '<script>alert(1)</script>'

/** What the platform tells of itself. */
export const leakAttacks = (target: Target): Attack[] => {
  const open = (path: string): string => requestText(target, { path, isSignedIn: false })
  return [
    ...refused(category, [
      ['the metrics', 'GO-2026-4827', open('/metrics'), nothingThere],
      ['a repository', exposed, open('/.git/config'), nothingThere],
      ['an environment file', exposed, open('/.env'), nothingThere],
      ['a list of dependencies', exposed, open('/package.json'), nothingThere],
      ['source maps', 'CWE-540', open('/assets/index.js.map'), nothingThere],
      ['pages of debuggers', exposed, open('/debug/pprof/'), nothingThere],
      ['pages of frameworks', exposed, open('/actuator/env'), nothingThere],
      ['the inspector of Node', exposed, open('/json/list'), nothingThere],
      ['the environment of the process', 'CWE-200', open('/proc/self/environ'), nothingThere],
      ['what serves it', 'OWASP ASVS 14.3.3', requestText(target), { statuses: [200], also: quiet }],
      ['what serves it, of an error', 'OWASP ASVS 14.3.3', open('/none'), { statuses: [404], also: quiet }],
      ['a script in a path', 'CWE-79', requestText(target, { path: `/${script}` }), asProblem(script)],
      ['a script in a query', 'CWE-79', requestText(target, { path: `/none?q=${script}` }), asProblem(script)],
      [
        'an answer without its type',
        'CWE-430',
        requestText(target),
        { statuses: [200], also: having('x-content-type-options', /^nosniff$/) },
      ],
      [
        'an answer that is kept',
        'CWE-525',
        open('/api/v1/me'),
        { statuses: [401], also: having('cache-control', /no-store/) },
      ],
      [
        'how to say who one is',
        'RFC 9110 section 15.5.2',
        open('/api/v1/me'),
        { statuses: [401], also: having('www-authenticate', /^Bearer realm=/) },
      ],
      ['a password prompt for scripts', 'RFC 7617', open('/api/v1/me'), { statuses: [401], also: noPrompt }],
      [
        'the private half of the keys',
        'RFC 7517 section 9.2',
        open('/.well-known/jwks.json'),
        { statuses: [200], never: /"(?:d|p|q|dp|dq|qi|k)":/ },
      ],
      ['the page in a frame', 'CWE-1021', page(target), { statuses: [200, 404], also: framed }],
    ]),
    { category, name: 'who is a user, by the words of the refusal', reference: 'CVE-2020-11576', attempt: sameWords },
    {
      category,
      name: 'which projects there are, by the refusal',
      reference: 'GHSA-2q5c-qw9c-fmvq',
      attempt: sameForNobody,
    },
  ]
}

const noPrompt = (answer: Answer): string | undefined =>
  /basic/i.test(fieldOf(answer, 'www-authenticate') ?? '') ? 'asks for Basic' : undefined

const asProblem = (never: string): Expectation => ({
  statuses: [400, 404],
  never: new RegExp(never.replaceAll(/[()/]/g, '\\$&')),
  also: having('content-type', /^application\/problem\+json/),
})

const page = (target: Target): string =>
  requestText(target, { path: '/', isSignedIn: false, fields: ['accept: text/html'] })
const framed = (answer: Answer): string | undefined =>
  answer.status === 404 ? undefined : having('content-security-policy', /frame-ancestors 'none'/)(answer)

/** The administrator, who is there, and nobody: both with a wrong password, and one try each. */
async function sameWords(target: Target): Promise<string | undefined> {
  const said = await Promise.all(
    ['admin', 'nobody-of-this-name'].map(async (username) => {
      const body = JSON.stringify({ username, password: 'wrong' })
      const answer = await once(
        target,
        postText(target, body, [], '/auth/sessions').replace(/authorization: [^\r]*\r\n/, ''),
      )
      return answer && `${answer.status} ${answer.body.replace(/"instance":"[^"]*"/, '')}`
    }),
  )
  if (said.includes(undefined)) return 'no answer'
  return said[0] === said[1] ? undefined : 'answers differ'
}

/** Without a credential nobody learns whether a project exists: every one is the same 401. */
async function sameForNobody(target: Target): Promise<string | undefined> {
  const names = ['payments', 'no-such-project-at-all']
  const said = await Promise.all(
    names.map(async (name) => {
      const answer = await once(target, requestText(target, { path: `/api/v1/projects/${name}`, isSignedIn: false }))
      return answer && `${answer.status} ${answer.body.replace(/"instance":"[^"]*"/, '')}`
    }),
  )
  return said[0]?.startsWith('401') === true && said[0] === said[1] ? undefined : 'answers differ, or are none'
}
