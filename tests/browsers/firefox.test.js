import * as engine from "./firefox.js";
import { ways } from "./ways.js";

ways(engine);
