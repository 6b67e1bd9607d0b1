import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import { Confirm } from '../ui/confirm.tsx'
import { TextField } from '../ui/field.tsx'

type Props = {
  workload: { project: string; environment: string; workload: string }
  replicas: number
  onClose: () => void
}

const replicasMax = 20

export function ScaleDialog({ workload, replicas, onClose }: Props) {
  const [wanted, setWanted] = useState(String(replicas))
  const count = Number(wanted)
  const valid = Number.isInteger(count) && count >= 1 && count <= replicasMax
  const scale = useAction('scaleWorkload', {
    stale: ['listWorkloads', 'getWorkload'],
    done: `${workload.workload} goes to ${wanted} replicas in ${workload.environment}`,
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Scale ${workload.workload} in ${workload.environment}`}
      action="Scale"
      busy={scale.isPending}
      onClose={onClose}
      onConfirm={() => valid && scale.mutate({ params: workload, body: { replicas: count } })}
    >
      <TextField
        label="Replicas"
        type="number"
        inputMode="numeric"
        min={1}
        max={replicasMax}
        value={wanted}
        onChange={setWanted}
        help={`Now ${replicas}; from 1 to ${replicasMax}`}
        error={valid ? undefined : `A whole number from 1 to ${replicasMax}`}
      />
    </Confirm>
  )
}
