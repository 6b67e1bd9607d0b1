import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { CopyButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Load } from '../ui/load.tsx'

const look = 'max-h-[45vh] overflow-auto rounded-md bg-sunken p-3 text-xs'

export function RawPolicy({ onClose }: { onClose: () => void }) {
  const policy = useQuery(ask('getRawPolicy', {}))
  return (
    <Dialog title="The policy as Casbin reads it" look="drawer" onClose={onClose}>
      <div className="p-4">
        <Load of={policy}>
          {({ revision, model, csv }) => (
            <>
              <p className="mb-3 text-quiet">Revision {revision}</p>
              <h3 className="mb-1 font-semibold">model.conf</h3>
              <pre tabIndex={0} aria-label="model.conf" className={look}>
                {model}
              </pre>
              <div className="mt-4 mb-1 flex items-center gap-2">
                <h3 className="flex-1 font-semibold">policy.csv</h3>
                <CopyButton text={csv} />
              </div>
              <pre tabIndex={0} aria-label="policy.csv" className={look}>
                {csv}
              </pre>
            </>
          )}
        </Load>
      </div>
    </Dialog>
  )
}
