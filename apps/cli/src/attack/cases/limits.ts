import { fieldOf, type Answer } from '../answers.ts'
import type { Attack, Category } from '../attack.ts'
import { once, postText, requestText, type Target } from '../target.ts'
import { codeOf } from '../verdict.ts'

const category: Category = 'limits'
const draft = 'draft-ietf-httpapi-ratelimit-headers'
/** More than anybody needs to remember a password, and few enough to be over in a moment. */
const triesMax = 100

/** Asking more often than is good for the others. */
export const limitAttacks = (): Attack[] => [
  { category, name: 'an answer says how much is left', reference: draft, attempt: saysWhatIsLeft },
  {
    category,
    name: 'guessing a password',
    reference: 'OWASP API2:2023; CVE-2020-8827',
    attempt: (target) => guesses(target, () => []),
  },
  {
    category,
    name: 'guessing a password under other addresses in X-Forwarded-For',
    reference: 'CVE-2026-3635; CWE-348',
    attempt: (target) => guesses(target, (at) => [`x-forwarded-for: 198.51.100.${at}`, `x-real-ip: 198.51.100.${at}`]),
  },
  { category, name: 'guessing what a device is called', reference: 'RFC 8628 section 5.1', attempt: deviceCodes },
]

async function saysWhatIsLeft(target: Target): Promise<string | undefined> {
  const answer = await once(target, requestText(target))
  if (answer === undefined) return 'no answer'
  const missing = ['ratelimit-policy', 'ratelimit', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].filter(
    (name) => fieldOf(answer, name) === undefined,
  )
  return missing.length === 0 ? undefined : `has no ${missing.join(', no ')}`
}

const password = JSON.stringify({ username: 'nobody-of-this-name', password: 'wrong' })

/** Tries until it is told to wait. Of a user who is not there, so that nobody is locked out. */
function guesses(target: Target, fieldsOf: (at: number) => readonly string[]): Promise<string | undefined> {
  return untilLimited(target, (at) =>
    postText({ ...target, token: 'none' }, password, fieldsOf(at), '/auth/sessions').replace(
      'authorization: Bearer none\r\n',
      '',
    ),
  )
}

const deviceCodes = (target: Target): Promise<string | undefined> =>
  untilLimited(target, () => {
    const body = 'client_id=plinth-cli'
    const fields = ['content-type: application/x-www-form-urlencoded', `content-length: ${body.length}`]
    return requestText(target, { method: 'POST', path: '/auth/device_authorization', isSignedIn: false, fields, body })
  })

async function untilLimited(target: Target, text: (at: number) => string): Promise<string | undefined> {
  let last: Answer | undefined
  for (let at = 1; at <= triesMax; at++) {
    last = await once(target, text(at))
    if (last === undefined) return 'no answer'
    if (last.status === 429) return limitProblem(last)
    if (last.status >= 500) return `answered ${last.status}`
  }
  return `${triesMax} tries and none refused; the last was answered ${last?.status ?? 'nothing'}`
}

function limitProblem(answer: Answer): string | undefined {
  if (!/^[1-9]\d*$/.test(fieldOf(answer, 'retry-after') ?? '')) return 'says not when to come back'
  const code = codeOf(answer)
  return code === 'platform.rate_limited' || code === 'authorization.account_locked'
    ? undefined
    : `has the code ${code ?? 'of nobody'}`
}
