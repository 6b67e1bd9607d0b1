/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns it. Throws after `timeoutMs`
 * (5,000 unless given), with the last error of the check as its cause. `what` names the condition in that message.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  {
    timeoutMs = 5_000,
    intervalMs = 10,
    what = 'the condition',
  }: { timeoutMs?: number; intervalMs?: number; what?: string } = {},
): Promise<Exclude<Awaited<T>, false | null | undefined>> {
  const deadlineMs = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await check()
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Exclude<Awaited<T>, false | null | undefined>
      }
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > deadlineMs) {
      throw new Error(
        `${what} did not come true within ${timeoutMs} ms${last === undefined ? '' : `: ${last instanceof Error ? last.message : JSON.stringify(last)}`}`,
        { cause: last },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs))
  }
}
