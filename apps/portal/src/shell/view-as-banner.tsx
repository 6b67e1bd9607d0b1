import { Link } from '@tanstack/react-router'
import { queryClient } from '../api/queries.ts'
import { useViewedAs, viewAs } from '../api/view-as.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'

/** Says on every page that one looks through somebody else's eyes, and how to stop. */
export function ViewAsBanner() {
  const subject = useViewedAs()
  if (subject === undefined) return null
  return (
    <div
      role="region"
      aria-label="Seen as somebody else"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-degraded bg-surface px-4 py-2 text-sm"
    >
      <Icon name="eye" className="text-degraded" />
      <p className="min-w-0 flex-1">
        Seen as <span className="font-mono text-xs font-semibold">{subject}</span>
        <span className="text-quiet">: what is locked for them is locked here; nothing is changed.</span>
      </p>
      <Link to="/access/view-as" search={{ subject }} className="text-accent hover:underline">
        What they may
      </Link>
      <Button
        small
        onClick={() => {
          viewAs(undefined)
          void queryClient.invalidateQueries({ queryKey: ['canI'] })
        }}
      >
        Be myself again
      </Button>
    </div>
  )
}
