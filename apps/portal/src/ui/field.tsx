import { clsx } from 'clsx'
import { type ComponentProps, type ReactNode, useId } from 'react'

export const inputLook =
  'h-8 w-full rounded-md border border-line-strong/60 bg-surface px-2.5 text-sm text-ink placeholder:text-quiet focus-visible:outline-offset-0 aria-invalid:border-failed'

type Frame = { label: string; help?: string | undefined; error?: string | undefined; required?: boolean }

/** Label above, help below, the problem where it is. */
export function Field({
  label,
  help,
  error,
  required = false,
  children,
}: Frame & { children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode }) {
  const id = useId()
  const noteId = `${id}-note`
  const note = error ?? help
  const ids = {
    id,
    ...(note !== undefined && { 'aria-describedby': noteId }),
    ...(error !== undefined && { 'aria-invalid': true as const }),
  }
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {required && <span className="font-normal text-quiet"> (required)</span>}
      </label>
      {children(ids)}
      {note !== undefined && (
        <p id={noteId} className={clsx('text-xs', error === undefined ? 'text-quiet' : 'text-failed')}>
          {note}
        </p>
      )}
    </div>
  )
}

type TextProps = Frame & { value: string; onChange: (value: string) => void } & Pick<
    ComponentProps<'input'>,
    'type' | 'autoComplete' | 'placeholder' | 'name' | 'inputMode' | 'min' | 'max' | 'autoFocus' | 'spellCheck'
  >

export function TextField({ label, help, error, required = false, value, onChange, ...rest }: TextProps) {
  return (
    <Field label={label} help={help} error={error} required={required}>
      {(ids) => (
        <input
          {...rest}
          {...ids}
          required={required}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={inputLook}
        />
      )}
    </Field>
  )
}

type AreaProps = Frame & { value: string; onChange: (value: string) => void } & Pick<
    ComponentProps<'textarea'>,
    'rows' | 'placeholder' | 'spellCheck' | 'className'
  >

export function TextArea({ label, help, error, required = false, value, onChange, className, ...rest }: AreaProps) {
  return (
    <Field label={label} help={help} error={error} required={required}>
      {(ids) => (
        <textarea
          {...rest}
          {...ids}
          required={required}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={clsx(inputLook, 'h-auto! py-1.5', className)}
        />
      )}
    </Field>
  )
}

type SuggestProps = TextProps & { suggestions: readonly string[] }

/** Free text with what is known under it. */
export function SuggestField({
  label,
  help,
  error,
  required = false,
  value,
  onChange,
  suggestions,
  ...rest
}: SuggestProps) {
  const list = useId()
  return (
    <Field label={label} help={help} error={error} required={required}>
      {(ids) => (
        <>
          <input
            {...rest}
            {...ids}
            list={list}
            spellCheck={false}
            autoComplete="off"
            required={required}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className={inputLook}
          />
          <datalist id={list}>
            {suggestions.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}

export function CheckField({
  label,
  help,
  checked,
  onChange,
}: {
  label: string
  help?: string
  checked: boolean
  onChange: (checked: boolean) => void
}) {
  return (
    <label className="flex items-start gap-2 text-sm">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-1 accent-[var(--accent)]"
      />
      <span>
        <span className="font-medium">{label}</span>
        {help !== undefined && <span className="block text-xs text-quiet">{help}</span>}
      </span>
    </label>
  )
}

type SelectProps = Frame & {
  value: string
  onChange: (value: string) => void
  options: readonly (readonly [value: string, text: string])[]
}

export function SelectField({ label, help, error, required = false, value, onChange, options }: SelectProps) {
  return (
    <Field label={label} help={help} error={error} required={required}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.target.value)} className={inputLook}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** A filter without a visible label, above a table. */
export function FilterInput({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}) {
  return (
    <input
      type="search"
      data-filter
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={clsx(inputLook, 'sm:max-w-72')}
    />
  )
}

export function FilterSelect({
  label,
  value,
  onChange,
  options,
}: {
  label: string
  value: string
  onChange: (value: string) => void
  options: readonly string[]
}) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={clsx(inputLook, 'w-auto! max-w-44')}
    >
      <option value="">{label}: any</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  )
}
