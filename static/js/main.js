// Everything a page needs beside htmx. Each module stands alone; pages work without any of them.

import * as copy from "./copy.js";
import * as dialog from "./dialog.js";
import * as follow from "./follow.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as menu from "./menu.js";
import * as requests from "./requests.js";
import * as rows from "./rows.js";
import * as theme from "./theme.js";
import * as time from "./time.js";
import * as toast from "./toast.js";

document.documentElement.classList.add("js");
for (const module of [theme, menu, dialog, keys, rows, copy, toast, requests, time, follow, live]) module.start();
