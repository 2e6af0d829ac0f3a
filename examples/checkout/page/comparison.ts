import { watched } from './watched.ts'

const PLACE = 'plain fetch beside it'
const { changed, use } = watched()

const read = () => localStorage.getItem(PLACE) !== 'no'

/** Whether plain fetch runs beside stillonce. A reload keeps it. */
export function useComparison(): readonly [boolean, (next: boolean) => void] {
  return [
    use(read),
    next => {
      localStorage.setItem(PLACE, next ? 'yes' : 'no')
      changed()
    },
  ]
}
