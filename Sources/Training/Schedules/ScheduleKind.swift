/// The course of the learning rate over a run.
public enum ScheduleKind: String, CaseIterable, SettingValue {
    /// The same rate throughout.
    case constant
    /// rate / (1 + decay · step), Keras' `decay`.
    case inverseTime = "inverse-time"
    /// The rate drops by a factor every so many epochs.
    case step
    /// Half a cosine wave down to 0 (Loshchilov and Hutter, "SGDR", 2017, without restarts).
    case cosine
}
