import * as engine from "./webkit.js";
import { ways } from "./ways.js";

ways(engine);
