print("landmark-train")
