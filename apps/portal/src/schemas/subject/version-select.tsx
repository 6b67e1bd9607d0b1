import { useQuery } from '@tanstack/react-query'
import { ask } from '../../api/queries.ts'
import { SelectField } from '../../ui/field.tsx'

type Props = {
  project: string
  subject: string
  label: string
  value: string
  onChange: (value: string) => void
}

/** One of the versions of a subject, newest first. */
export function VersionSelect({ project, subject, label, value, onChange }: Props) {
  const versions = useQuery(ask('listVersions', { params: { project, subject } })).data?.items ?? []
  const options = versions.map(({ version }) => [String(version), `v${version}`] as const)
  return (
    <div className="w-28">
      <SelectField label={label} value={value} onChange={onChange} options={options} />
    </div>
  )
}
