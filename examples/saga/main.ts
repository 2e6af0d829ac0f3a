import { booked, killsOf, play } from './kills.ts'
import type { Story } from './kills.ts'

/* npm run saga: a trip of three bookings, with a worker that is killed at every step; exits with 1 where one is half booked. */
const STORIES: readonly Story[] = [
  { name: 'all three can be booked', moods: {} },
  { name: 'the car is sold out', moods: { car: 'declines' } },
]

console.log(
  'A trip is a flight, a hotel and a car: all three, or none. Its worker is killed at every step.\n',
)
let isWrong = false
for (const story of STORIES) {
  const whole = await play(story)
  console.log(`${story.name}: ${whole.ledger.join(', ')}`)
  const kills = killsOf(whole)
  let resumed = 0
  for (const kill of kills) {
    const { ends, ledger } = await play(story, kill)
    if (ends[0] === undefined) resumed += 1
    // The same effects, each once, whatever was killed.
    if (ledger.join() === whole.ledger.join() && [0, 3].includes(booked(ledger).length)) continue
    isWrong = true
    console.error(`  killed at ${kill.at} ${kill.nth}: ${ledger.join(', ')}`)
  }
  console.log(`  ${kills.length} kills, ${resumed} sagas taken up again: the same each time\n`)
}

const lost: Story = {
  name: 'the hotel’s answers are lost',
  moods: { hotel: 'mute' },
  later: { hotel: 'books' },
}
const { ends, ledger } = await play(lost)
console.log(`${lost.name}: ${ends.map(end => end?.kind).join(', then ')}: ${ledger.join(', ')}`)
if (isWrong) process.exitCode = 1
