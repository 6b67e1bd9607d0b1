import { SelectField } from '../../ui/field.tsx'

const minutes = [15, 30, 60, 120, 240, 480] as const

export const durationText = (duration: number): string =>
  duration < 60 || duration % 60 !== 0 ? `${duration} min` : `${duration / 60} h`

type Props = { label: string; value: number; onChange: (minutes: number) => void; most?: number }

/** For how long access is given; eight hours at most. */
export function DurationField({ label, value, onChange, most = 480 }: Props) {
  const offered = [...new Set([...minutes, value])].filter((one) => one <= most).toSorted((a, b) => a - b)
  return (
    <SelectField
      label={label}
      value={String(value)}
      onChange={(chosen) => onChange(Number(chosen))}
      options={offered.map((one) => [String(one), durationText(one)] as const)}
    />
  )
}
