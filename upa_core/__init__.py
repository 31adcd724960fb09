"""Keeps custom SharePoint user-profile properties equal to Microsoft Entra attributes."""
