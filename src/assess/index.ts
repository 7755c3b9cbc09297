/**
 * The one judgement: resources, facts and the day in, findings out. Pure, apart from the catalog that `readKnowledge`
 * reads. Policies and the command line ask here, and add nothing.
 */
export { apply } from "../shutdown/remedy";
export { catalogProblems } from "./catalog-file";
export { assessResource, type Judged, type ResourceAssessment } from "./alone";
export { assess, type Assessment } from "./assess";
export { deadFields } from "./advice/dead-fields";
export { listExemptions } from "./exemptions";
export type { Finding } from "./finding";
export { readKnowledge, type Knowledge } from "./knowledge";
export { codes, explain, faultText, findingText, meaningOf, messageOf, pageOf, type FindingText } from "./messages";
export { mendedBy, reportKey, type Parts } from "./parts";
export { remedies } from "./remedies";
export { resourcePolicies, type ResourcePolicyName } from "./policies";
