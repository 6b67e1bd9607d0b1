import type { Verdict } from '../registry/judge.ts'

/** A verdict as Confluent's `messages`: each reason, then the version that it is about and the level. */
export function explained({ incompatibilities, against, level, policy }: Verdict): string[] {
  if (incompatibilities.length === 0) return []
  const reasons = incompatibilities.map(({ rule, path, writerPath, message, edit, example }) => {
    const where = writerPath === undefined || writerPath === path ? '' : ` (in the writer's schema at '${writerPath}')`
    const more = [
      ...(edit === undefined ? [] : [`smallest change: ${edit}`]),
      ...(example === undefined ? [] : [`valid under the ${example.validUnder} alone: ${example.payload}`]),
    ]
    return `{errorType:'${rule}', description:'${message} at path '${path || '/'}'${where}', additionalInfo:'${more.join('; ')}'}`
  })
  return [...reasons, `{oldSchemaVersion: ${against}}`, `{compatibility: '${level}', policy: '${policy}'}`]
}
