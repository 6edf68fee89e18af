// The style sheets, in the order in which they may override each other. No cascade layers: browsers older than Chrome 99 drop
// everything inside one.

import './tokens.css'
import './base.css'
import './shell.css'
import './controls.css'
import './alerts.css'
import './details.css'
import './tables.css'
import './health.css'
