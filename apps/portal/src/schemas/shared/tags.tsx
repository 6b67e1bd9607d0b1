import { clsx } from 'clsx'

/** Tags that say that data is about people stand out. */
const personal = /^(?:pii|gdpr|personal|sensitive)/i

export function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null
  return (
    <span className="inline-flex flex-wrap gap-1">
      {tags.map((tag) => (
        <span
          key={tag}
          className={clsx(
            'rounded-sm border px-1.5 text-xs whitespace-nowrap',
            personal.test(tag) ? 'border-degraded text-degraded' : 'border-line text-quiet',
          )}
        >
          {tag}
        </span>
      ))}
    </span>
  )
}
