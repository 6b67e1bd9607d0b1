import type { Answer } from '../../api/plinth.ts'
import { Ago } from '../../ui/time.tsx'

export type Conditions = NonNullable<Answer<'listBindings'>['items'][number]['conditions']>

const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Day = (typeof week)[number]
const workdays = 'mon,tue,wed,thu,fri'

export function daysText(days: readonly Day[]): string {
  const sorted = week.filter((day) => days.includes(day))
  if (sorted.length === week.length) return 'every day'
  return sorted.join() === workdays ? 'workdays' : sorted.join(' ')
}

export function conditionTexts(conditions: Conditions | undefined): readonly string[] {
  if (!conditions) return []
  const { window, networks, breakGlass } = conditions
  return [
    ...(window ? [`${daysText(window.days)} ${window.from}–${window.until}, ${window.zone}`] : []),
    ...(networks ? [`from ${networks.join(', ')}`] : []),
    ...(breakGlass === true ? ['holds through a freeze'] : []),
  ]
}

/** When a binding holds: its end, its hours, its networks. */
export function ConditionsView({ expiresAt, conditions }: { expiresAt?: string; conditions?: Conditions }) {
  const texts = conditionTexts(conditions)
  if (texts.length === 0 && expiresAt === undefined) return <span className="text-quiet">always</span>
  return (
    <span className="flex flex-wrap gap-1">
      {expiresAt !== undefined && (
        <span className="rounded-sm border border-line px-1.5 text-xs">
          <Ago at={expiresAt} prefix={Date.parse(expiresAt) < Date.now() ? 'ended ' : 'ends '} />
        </span>
      )}
      {texts.map((text) => (
        <span key={text} className="rounded-sm border border-line px-1.5 text-xs">
          {text}
        </span>
      ))}
    </span>
  )
}
