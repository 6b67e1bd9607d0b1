import { clsx } from 'clsx'
import { CheckField, SuggestField, TextField } from '../../ui/field.tsx'
import type { Conditions } from './conditions-view.tsx'

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Day = (typeof days)[number]

/** As it stands in the form: text that may not be whole yet. */
export type ConditionsDraft = {
  hours: boolean
  zone: string
  days: readonly Day[]
  from: string
  until: string
  networks: string
  breakGlass: boolean
}

export const noConditions = (): ConditionsDraft => ({
  hours: false,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '08:00',
  until: '18:00',
  networks: '',
  breakGlass: false,
})

export function conditionsOf(draft: ConditionsDraft): Conditions | undefined {
  const networks = draft.networks.split(/[\s,]+/).filter((one) => one !== '')
  const conditions: Conditions = {
    ...(draft.hours && {
      window: { zone: draft.zone, days: [...draft.days], from: draft.from, until: draft.until },
    }),
    ...(networks.length > 0 && { networks }),
    ...(draft.breakGlass && { breakGlass: true }),
  }
  return Object.keys(conditions).length === 0 ? undefined : conditions
}

const zones = Intl.supportedValuesOf('timeZone')

function Days({ value, onChange }: { value: readonly Day[]; onChange: (value: readonly Day[]) => void }) {
  return (
    <div role="group" aria-label="Days" className="flex flex-wrap gap-1">
      {days.map((day) => {
        const on = value.includes(day)
        return (
          <button
            key={day}
            type="button"
            aria-pressed={on}
            onClick={() => onChange(on ? value.filter((one) => one !== day) : [...value, day])}
            className={clsx(
              'h-7 rounded-md border px-2 text-xs',
              on ? 'border-accent bg-accent-soft text-ink' : 'border-line text-quiet hover:text-ink',
            )}
          >
            {day}
          </button>
        )
      })}
    </div>
  )
}

type Props = { value: ConditionsDraft; onChange: (value: ConditionsDraft) => void }

/** Hours with their zone, networks, and whether it holds through a freeze. All that are given must hold. */
export function ConditionsFields({ value, onChange }: Props) {
  const set = (part: Partial<ConditionsDraft>): void => onChange({ ...value, ...part })
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Conditions</legend>
      <CheckField label="Only at some hours" checked={value.hours} onChange={(hours) => set({ hours })} />
      {value.hours && (
        <div className="flex flex-col gap-3 pl-6">
          <Days value={value.days} onChange={(chosen) => set({ days: chosen })} />
          <div className="grid grid-cols-2 gap-3">
            <TextField label="From" type="time" value={value.from} onChange={(from) => set({ from })} />
            <TextField label="Until" type="time" value={value.until} onChange={(until) => set({ until })} />
          </div>
          <SuggestField
            label="Time zone"
            value={value.zone}
            onChange={(zone) => set({ zone })}
            suggestions={zones}
            help="Before “from”, “until” means the next morning."
          />
        </div>
      )}
      <TextField
        label="Only from networks"
        value={value.networks}
        onChange={(networks) => set({ networks })}
        placeholder="10.0.0.0/8 fd00::/8"
        spellCheck={false}
        help="Empty: from anywhere."
      />
      <CheckField
        label="Holds through a change freeze"
        help="Break-glass: for those who repair what cannot wait."
        checked={value.breakGlass}
        onChange={(breakGlass) => set({ breakGlass })}
      />
    </fieldset>
  )
}
