import { Field, SelectField, TextField } from '../ui/field.tsx'
import { type FormField, problemWith, type Values } from './schema-fields.ts'

type Props = {
  fields: readonly FormField[]
  values: Values
  onChange: (values: Values) => void
  problems: Readonly<Record<string, string>>
}

function OneField({
  field,
  value,
  onChange,
  problem,
}: {
  field: FormField
  value: string
  onChange: (value: string) => void
  problem: string | undefined
}) {
  const { label, help, required, kind, options } = field
  const error = problem ?? (value === '' ? undefined : problemWith(field, value))
  const frame = { label, help, required, error }
  if (kind === 'boolean') {
    return (
      <Field label={label} help={help} error={error}>
        {(ids) => (
          <input
            {...ids}
            type="checkbox"
            className="size-4 accent-(--accent)"
            checked={value === 'true'}
            onChange={(event) => onChange(String(event.target.checked))}
          />
        )}
      </Field>
    )
  }
  if (kind === 'choice') {
    const choices = [...(required ? [] : ['']), ...options].map(
      (option) => [option, option === '' ? 'default' : option] as const,
    )
    return <SelectField {...frame} value={value} onChange={onChange} options={choices} />
  }
  if (kind === 'number' || kind === 'integer')
    return <TextField {...frame} type="number" inputMode="numeric" value={value} onChange={onChange} />
  return (
    <TextField
      {...frame}
      value={value}
      onChange={onChange}
      spellCheck={false}
      {...(kind === 'list' && { placeholder: 'one, two, three' })}
    />
  )
}

/** A form as the template's own schema describes it: names, help, defaults, limits. */
export function SchemaForm({ fields, values, onChange, problems }: Props) {
  return fields.map((field) => (
    <OneField
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      problem={problems[field.name]}
      onChange={(value) => onChange({ ...values, [field.name]: value })}
    />
  ))
}
