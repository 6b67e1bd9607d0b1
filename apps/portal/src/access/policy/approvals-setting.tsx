import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'

const numbers = [0, 1, 2, 3, 4, 5] as const
const textOf = (needed: number): string =>
  needed === 0
    ? 'No approval is demanded'
    : `${needed} ${needed === 1 ? 'other approves' : 'others approve'} each change`

/** How many others must approve; from one upward the policy changes by change sets alone. */
export function Approvals({ needed }: { needed: number }) {
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(needed)
  const save = useAction('updatePolicySettings', {
    quiet: true,
    stale: ['getPolicySettings', 'getChangeSet'],
    done: ({ approvalsNeeded }) => textOf(approvalsNeeded),
    onDone: () => setOpen(false),
  })
  return (
    <>
      <span className="text-sm text-quiet">{textOf(needed)}</span>
      <MayButton small needs={{ action: 'update', object: 'policy', domain: '*' }} onClick={() => setOpen(true)}>
        Change
      </MayButton>
      {open && (
        <Dialog title="Approvals of the policy" onClose={() => setOpen(false)}>
          <form
            className="flex flex-col gap-4 p-4"
            onSubmit={(event) => {
              event.preventDefault()
              save.mutate({ body: { approvalsNeeded: chosen } })
            }}
          >
            <SelectField
              label="How many others must approve a change"
              value={String(chosen)}
              onChange={(value) => setChosen(Number(value))}
              options={numbers.map((number) => [String(number), number === 0 ? 'none' : String(number)] as const)}
              help="From one upward, rules and bindings change by change sets alone; access for a time is still granted."
            />
            {save.isError && <ProblemView error={save.error} />}
            <div className="flex justify-end gap-2">
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <Button type="submit" look="primary" busy={save.isPending}>
                Save
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  )
}
