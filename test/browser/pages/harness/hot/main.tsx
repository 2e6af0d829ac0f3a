import { createRoot } from 'react-dom/client'
import { Page } from './page.tsx'

createRoot(document.body.appendChild(document.createElement('div'))).render(<Page />)
