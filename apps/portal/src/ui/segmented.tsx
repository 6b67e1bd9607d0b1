import { clsx } from 'clsx'

type Props<Value extends string> = {
  label: string
  value: Value
  onChange: (value: Value) => void
  options: readonly (readonly [value: Value, text: string])[]
}

/** One of a few, all in sight. */
export function Segmented<Value extends string>({ label, value, onChange, options }: Props<Value>) {
  return (
    <div role="group" aria-label={label} className="inline-flex rounded-md border border-line bg-surface p-0.5">
      {options.map(([option, text]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          onClick={() => onChange(option)}
          className={clsx(
            'h-6 rounded-sm px-2 text-xs font-medium whitespace-nowrap',
            option === value ? 'bg-accent-soft text-ink' : 'text-quiet hover:text-ink',
          )}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
