import { request } from 'undici'

export type Attribute = { key: string; value: { stringValue: string } }

export const attributes = (values: Readonly<Record<string, string>>): Attribute[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }))

export type Destination = { url: string; token: string }

/**
 * Sends one OTLP/HTTP JSON message. `taken`: stored. `refused`: it never will be (a 4xx that says so), so that one
 * message can't hold up all that come after it. `later`: try again.
 */
export async function send(
  to: Destination,
  signal: 'logs' | 'metrics',
  body: unknown,
): Promise<'taken' | 'refused' | 'later'> {
  try {
    const answer = await request(`${to.url.replace(/\/$/, '')}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${to.token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    await answer.body.dump()
    if (answer.statusCode < 300) return 'taken'
    return answer.statusCode === 400 ||
      answer.statusCode === 413 ||
      answer.statusCode === 415 ||
      answer.statusCode === 422
      ? 'refused'
      : 'later'
  } catch {
    return 'later'
  }
}

/** Nanoseconds since 1970 as OTLP's JSON has them: a string of digits. */
export const nanoseconds = (milliseconds: number): string => `${Math.round(milliseconds)}000000`
